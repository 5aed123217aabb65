import { readDocument, type DocumentPath } from '../document/document';
import { isMapping } from '../document/layers';
import { KdcubeError, quoted } from '../problem/problem';
import { setText } from './edit';
import { findBundles } from './read';

/** What release.yaml pins: a bundle, the frontend or the platform. */
export type PinnedPart = { kind: 'bundle'; id: string } | { kind: 'frontend' } | { kind: 'platform' };

/** Replaces the `ref` of a part of release.yaml; everything else keeps its bytes. Problem `missing-key` if the part has no `ref`. */
export function setRef(text: string, file: string, part: PinnedPart, ref: string): string {
  return setText(text, file, [...placeOf(text, file, part), 'ref'], ref);
}

function placeOf(text: string, file: string, part: PinnedPart): DocumentPath {
  if (part.kind !== 'bundle') return [part.kind];
  const doc = readDocument(text, file);
  const entries = isMapping(doc.value) ? findBundles(doc.value, doc, []).entries : [];
  const entry = entries.find(({ key, value }) => (isMapping(value) ? (value.id ?? key) : key) === part.id);
  if (entry) return entry.path;
  throw new KdcubeError({ code: 'missing-key', message: `${file} has no bundle ${quoted(part.id)}.`, at: { file } });
}
