import { KdcubeError, printable, quoted, type Place } from '../../../problem/problem';
import type { ImportNote } from '../../../import/types';
import { readEnvFile } from '../env-file/compose-env-file';
import type { Lookup } from './compose-interpolate';
import { type ComposeFolder, type ComposeLoader, loadWithIncludes, removedFrom, resolveExtends } from './compose-loader';
import { isMapping, listOf, type Mapping, mergedService, withoutPaths } from './compose-merge';
import type { ComposePart } from './compose-part';
import { absolutePath, type PathBase } from './compose-paths';
import { shownWord } from './compose-values';

/** `directory`: the folder's absolute path. */
export interface ComposeOptions extends PathBase {
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
  const base = { directory: options.directory, home: options.home };
  const loader: ComposeLoader = { folder, base, lookup, notes, parts: new Map(), unset: new Set(), count: { loads: 0 } };
  const parts = files.flatMap((file) => loadWithIncludes(loader, absolutePath(file, base), base, []));
  const services = mergedServices(loader, parts);
  const tops = parts.map(({ top }) => top);
  const project = lookup('COMPOSE_PROJECT_NAME') || tops.map(({ name }) => name).findLast((name) => typeof name === 'string');
  const profiles = [...options.profiles, ...(lookup('COMPOSE_PROFILES') ?? '').split(',')];
  return {
    files,
    ...(typeof project === 'string' && { project }),
    services: [...services.values()].filter((service) => isOn(service, profiles, notes)),
    volumes: Object.assign({}, ...parts.map(({ volumes }) => volumes)) as Mapping,
    lookup,
    notes,
  };
}

/** Each file's services onto those of the files before it. */
function mergedServices(loader: ComposeLoader, parts: readonly ComposePart[]): Map<string, ComposedService> {
  const services = new Map<string, ComposedService>();
  for (const part of parts) {
    // Without a value of its own, a service that is reset is gone.
    for (const [top, name, ...inner] of part.removed) if (top === 'services' && inner.length === 0) services.delete(String(name));
    for (const name of Object.keys(part.services)) {
      const { definition, at } = resolveExtends(loader, part, name, []);
      const before = services.get(name);
      const remaining = before && withoutPaths(before.definition, removedFrom(part, name));
      services.set(name, {
        name,
        definition: remaining ? mergedService(remaining, definition) : definition,
        at: { ...before?.at, ...at },
      });
      noteRewritten(part, name, loader.notes);
    }
  }
  return services;
}

/** Numbers that no longer have the digits that are written: compose reads 022 as 18. */
function noteRewritten({ services, isRewritten, place }: ComposePart, name: string, notes: ImportNote[]): void {
  const { environment } = services[name]!;
  for (const variable of Object.keys(isMapping(environment) ? environment : {})) {
    const path = ['services', name, 'environment', variable];
    if (!isRewritten(path)) continue;
    const message = 'is not the text that is written: compose reads it as a number, a date or a boolean';
    notes.push({
      subject: `${name} ${printable(variable)}`,
      reason: 'compose-value',
      message,
      hint: 'put it in quotes',
      at: place(path),
    });
  }
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

/** Whether a file is directly in the folder: compose would take that of its first file for the project's. */
function isHere(file: string): boolean {
  return /^(?:\.\/)?[^/\\\0]+$/.test(file) && plain(file) !== '..' && plain(file) !== '.';
}

function plain(file: string): string {
  return file.replace(/^\.\//, '');
}
