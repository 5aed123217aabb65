import { KdcubeError, quoted, type Place } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import { readEnvFile } from '../env-file/compose-env-file';
import type { Lookup } from './compose-interpolate';
import { type ComposeFolder, type ComposeLoader, isHere, loadWithIncludes, plain, resolveExtends } from './compose-loader';
import { isMapping, listOf, type Mapping, mergedService } from './compose-merge';
import { shownWord } from './compose-values';

export interface ComposeOptions {
  /** The folder's absolute path, to which relative paths refer. */
  directory: string;
  /** Empty: compose's default files. */
  files: readonly string[];
  profiles: readonly string[];
}

export interface ComposedService {
  name: string;
  definition: Mapping;
  /** The last place of each of its keys. */
  at: Record<string, Place>;
}

export interface Composed {
  files: string[];
  project?: string;
  services: ComposedService[];
  volumes: Mapping;
  /** The variables of `.env`. */
  lookup: Lookup;
  notes: ImportNote[];
}

const BASES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Reads the compose files of a folder like compose does: `.env`, several files, include, extends, profiles. Throws for what compose rejects too. */
export function readCompose(folder: ComposeFolder, options: ComposeOptions): Composed {
  const notes: ImportNote[] = [];
  const env = readEnvFile(folder.read('.env') ?? '');
  const lookup: Lookup = (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
  const files = filesOf(folder, options, lookup);
  const loader: ComposeLoader = { folder, lookup, notes, parts: new Map(), unset: new Set(), loads: 0 };
  const parts = files.flatMap((file) => loadWithIncludes(loader, file, []));
  const services = new Map<string, ComposedService>();
  for (const part of parts)
    for (const name of Object.keys(part.services)) {
      const { definition, at } = resolveExtends(loader, part, name, []);
      const before = services.get(name);
      services.set(name, {
        name,
        definition: before ? mergedService(before.definition, definition) : definition,
        at: { ...before?.at, ...at },
      });
    }
  const tops = parts.map(({ top }) => top);
  const project = lookup('COMPOSE_PROJECT_NAME') || tops.map(({ name }) => name).findLast((name) => typeof name === 'string');
  const profiles = [...options.profiles, ...(lookup('COMPOSE_PROFILES') ?? '').split(',')];
  return {
    files,
    ...(typeof project === 'string' && { project }),
    services: [...services.values()].filter((service) => isOn(service, profiles, notes)),
    volumes: Object.assign({}, ...tops.map(({ volumes }) => (isMapping(volumes) ? volumes : {}))) as Mapping,
    lookup,
    notes,
  };
}

function filesOf(folder: ComposeFolder, { files }: ComposeOptions, lookup: Lookup): string[] {
  const exists = (file: string) => folder.read(file) !== undefined;
  const separator = lookup('COMPOSE_PATH_SEPARATOR') || ':';
  const named = files.length > 0 ? files : (lookup('COMPOSE_FILE') ?? '').split(separator).filter((file) => file !== '');
  if (named.length > 0) {
    const missing = named.find((file) => !isHere(file) || !exists(plain(file)));
    if (missing !== undefined)
      throw new KdcubeError({
        code: 'file-missing',
        message: `${quoted(shownWord(missing))} is not a file of the folder${files.length > 0 ? '' : ', but COMPOSE_FILE in its .env names it'}.`,
        hint: '--files=docker-compose.yaml',
      });
    return named.map(plain);
  }
  const base = BASES.find(exists);
  const override = OVERRIDES.find(exists);
  return base === undefined ? [] : override === undefined ? [base] : [base, override];
}

function isOn({ name, definition, at }: ComposedService, profiles: readonly string[], notes: ImportNote[]): boolean {
  const own = listOf(definition.profiles).map(String);
  if (own.length === 0 || profiles.includes('*') || own.some((profile) => profiles.includes(profile))) return true;
  notes.push({
    subject: name,
    reason: 'profile',
    message: 'is only started with a profile: it was left out',
    hint: `--profiles=${shownWord(own[0])}`,
    at: at.profiles,
  });
  return false;
}
