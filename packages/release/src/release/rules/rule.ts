import type { Problem } from '../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../document/document';
import type { Release, ReleaseOptions } from '../release';
import { WrittenBundle } from '../release';

/** What the rules look at: the release, and the document for the places. */
export interface RuleInput {
  doc: ReadDocument;
  release: Release;
  /** The bundles that have an id; their other fields may be missing where their type was wrong. */
  found: FoundBundle[];
  /** How many bundles the document tries to say. */
  written: number;
  defaultId?: { path: DocumentPath; value: unknown };
  /** The document without its bundles. */
  rest: Record<string, unknown>;
  options: ReleaseOptions;
}

/** Says a problem at the place of `path` (`at: 'key'`: at its key). */
export type Report = (problem: Omit<Problem, 'at'>, path: DocumentPath, at?: 'key') => void;

/** `report` is for what is wrong, `note` for what a person should know. */
export type Rule = (input: RuleInput, report: Report, note: Report) => void;

/** Where a bundle's id stands. */
export function idPath(bundle: Pick<FoundBundle, 'path' | 'key'>): DocumentPath {
  return bundle.key === undefined ? [...bundle.path, 'id'] : bundle.path;
}

/** A bundle as it was found, with the place that it was found at. */
export interface FoundBundle {
  path: DocumentPath;
  /** Its key in the map form. */
  key?: string;
  /** Only the fields whose type is right. */
  value: WrittenBundle;
  /** Whether the document has this field, whatever it says. */
  has(field: keyof WrittenBundle): boolean;
}
