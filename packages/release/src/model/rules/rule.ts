import type { Problem } from '../../problem';
import type { DocumentPath, ReadDocument } from '../document';
import type { FoundBundle } from '../read';
import type { Release, ReleaseOptions } from '../release';

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
