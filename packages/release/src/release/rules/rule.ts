import type { Problem } from '../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../document/document';
import type { Release, ReleaseOptions } from '../release';
import { WrittenBundle } from '../release';

/** The input of every rule: the release, and the document for the places. */
export interface RuleInput {
  doc: ReadDocument;
  release: Release;
  /** The bundles that have an id. Other fields are missing if their type is wrong. */
  found: FoundBundle[];
  /** The number of bundles in the document, valid or not. */
  written: number;
  defaultId?: { path: DocumentPath; value: unknown };
  /** The document without its bundles. */
  rest: Record<string, unknown>;
  options: ReleaseOptions;
}

/** Reports a problem at the place of `path` (`at: 'key'`: at its key). */
export type Report = (problem: Omit<Problem, 'at'>, path: DocumentPath, at?: 'key') => void;

/** `report` is for errors, `note` for information. */
export type Rule = (input: RuleInput, report: Report, note: Report) => void;

/** The path of a bundle's id. */
export function idPath(bundle: Pick<FoundBundle, 'path' | 'key'>): DocumentPath {
  return bundle.key === undefined ? [...bundle.path, 'id'] : bundle.path;
}

/** A bundle of the document, with its place. */
export interface FoundBundle {
  path: DocumentPath;
  /** Its key in the map form. */
  key?: string;
  /** Only the fields with the right type. */
  value: WrittenBundle;
  /** Whether the document has this field, whatever its value. */
  has(field: keyof WrittenBundle): boolean;
}
