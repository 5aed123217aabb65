import type { Problem } from '../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../document/document';
import type { Environment, PartlyWritten, Service } from '../environment';

/** What the rules look at. */
export interface EnvironmentRuleInput {
  /** The document, with what it extends, for the places. Its values are as written, `${…}` and all. */
  doc: ReadDocument;
  name: string;
  /** What is well-shaped, variables filled in. */
  written: PartlyWritten;
  /** The whole, variables filled in, whatever its shape. */
  filled: Record<string, unknown>;
  environment?: Environment;
  options: EnvironmentOptions;
}

export type EnvironmentReport = (problem: Omit<Problem, 'at'>, path: DocumentPath, at?: 'key') => void;

/** `report` is for what is wrong, `note` for what a person should know. */
export type EnvironmentRule = (input: EnvironmentRuleInput, report: EnvironmentReport, note: EnvironmentReport) => void;

/** Where what a service gets under a name is said: by the service itself, for its component, or for all. */
export function pathOf(
  written: PartlyWritten,
  kind: 'env' | 'secrets',
  { name: service, component }: Pick<Service, 'name' | 'component'>,
  name: string,
): DocumentPath {
  if (written.services?.[service]?.[kind]?.[name] !== undefined) return ['services', service, kind, name];
  const sections = written[kind] as Record<string, Record<string, string>> | undefined;
  return [kind, sections?.[component]?.[name] === undefined ? 'shared' : component, name];
}

/** How an environment is looked at, where its rules depend on more than its own file. */
export interface EnvironmentOptions {
  /** The images of the release, by name. Undefined: names are not looked up. */
  images?: readonly string[];
}
