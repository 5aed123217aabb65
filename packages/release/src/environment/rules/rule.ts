import type { Problem } from '../../problem/problem';
import type { DocumentPath, ReadDocument } from '../../document/document';
import type { Generation } from '../../platform/generation';
import type { Environment, PartlyWritten, Service } from '../environment';

/** The input of every rule. */
export interface EnvironmentRuleInput {
  /** The document merged with those that it extends, for the places. Its variables are not expanded. */
  doc: ReadDocument;
  name: string;
  /** The part with the right shape, with variables expanded. */
  written: PartlyWritten;
  /** The whole file with variables expanded, whatever its shape. */
  filled: Record<string, unknown>;
  environment?: Environment;
  options: EnvironmentOptions;
}

export type EnvironmentReport = (problem: Omit<Problem, 'at'>, path: DocumentPath, at?: 'key') => void;

/** `report` is for errors, `note` for information. */
export type EnvironmentRule = (input: EnvironmentRuleInput, report: EnvironmentReport, note: EnvironmentReport) => void;

/** The path of a variable or secret of a service: in the service itself, in the section of its component, or in `shared`. */
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

/** The inputs of the rules besides the environment's file. */
export interface EnvironmentOptions {
  /** The images of the release, by name. Undefined: names are not checked. */
  images?: readonly string[];
  /** Images of the release with a config.json in them, and whose it is. */
  baked?: Readonly<Record<string, { tenant: string; project: string }>>;
  /** The platform's generation, which defines the health endpoints of components. Default: the newest. */
  generation?: Generation;
}
