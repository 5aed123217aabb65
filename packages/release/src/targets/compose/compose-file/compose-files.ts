import { readDocument } from '../../../document/document';
import { KdcubeError, quoted, type Place } from '../../../problem/problem';
import { readEnvFile } from '../env-file/compose-env-file';
import { interpolate, type Lookup } from './compose-interpolate';
import { isMapping, listOf, type Mapping, mergedService } from './compose-merge';
import { shownWord } from './compose-values';
import type { ImportNote } from '../../../import/types';

export interface ComposeFolder {
  /** Names of files in it. */
  list(): readonly string[];
  read(file: string): string | undefined;
}

export interface ComposeOptions {
  /** The folder's absolute path: what relative paths start from. */
  directory: string;
  /** Empty: what compose itself takes. */
  files: readonly string[];
  profiles: readonly string[];
}

export interface ComposedService {
  name: string;
  definition: Mapping;
  /** Where each of its keys was said last. */
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
/** What an import cannot follow, compose can write into one file. */
const IN_ONE = 'docker compose config -o all.yaml    then --files=all.yaml';

interface Part {
  file: string;
  services: Record<string, Mapping>;
  top: Mapping;
  place(path: readonly (string | number)[], at?: 'key'): Place;
}

/** What the compose files of a folder say together, as compose itself would read them: `.env`, several files, include, extends, profiles. Throws what compose would refuse. */
export function readCompose(folder: ComposeFolder, options: ComposeOptions): Composed {
  const notes: ImportNote[] = [];
  const env = readEnvFile(folder.read('.env') ?? '');
  const lookup: Lookup = (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
  const files = filesOf(folder, options, lookup);
  const reader = partReader(folder, lookup, notes);
  const parts = files.flatMap((file) => reader.withIncluded(file, []));
  const services = new Map<string, ComposedService>();
  for (const part of parts)
    for (const name of Object.keys(part.services)) {
      const { definition, at } = reader.extended(part, name, []);
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
  const there = (file: string) => folder.read(file) !== undefined;
  const separator = lookup('COMPOSE_PATH_SEPARATOR') || ':';
  const named = files.length > 0 ? files : (lookup('COMPOSE_FILE') ?? '').split(separator).filter((file) => file !== '');
  if (named.length > 0) {
    const missing = named.find((file) => !isHere(file) || !there(plain(file)));
    if (missing !== undefined)
      throw new KdcubeError({
        code: 'file-missing',
        message: `${quoted(shownWord(missing))} is no file of the folder${files.length > 0 ? '' : ', and COMPOSE_FILE of its .env names it'}.`,
        hint: '--files=docker-compose.yaml',
      });
    return named.map(plain);
  }
  const base = BASES.find(there);
  const override = OVERRIDES.find(there);
  return base === undefined ? [] : override === undefined ? [base] : [base, override];
}

function partReader(folder: ComposeFolder, lookup: Lookup, notes: ImportNote[]) {
  const read = new Map<string, Part>();
  const unset = new Set<string>();
  const part = (file: string): Part => {
    const known =
      read.get(file) ??
      readPart(folder.read(file) ?? '', file, lookup, (name, at) => {
        if (unset.has(name)) return;
        unset.add(name);
        notes.push({
          subject: `\${${name}}`,
          reason: 'variable',
          said: 'is not set in .env: it was taken for empty, as compose does where the shell does not say it either',
          hint: `${name}=… in .env`,
          at,
        });
      });
    if (!read.has(file)) notes.push(...topNotes(known));
    read.set(file, known);
    return known;
  };
  const withIncluded = (file: string, above: readonly string[]): Part[] => {
    if (above.includes(file)) throw wrong(`${quoted(file)} includes itself.`, { file });
    const own = part(file);
    const included = listOf(own.top.include).flatMap((entry, index) => {
      const at = own.place(['include', index]);
      const paths = isMapping(entry) ? listOf(entry.path) : [entry];
      const more = isMapping(entry) && Object.keys(entry).some((key) => key !== 'path');
      if (!more && paths.every((each) => typeof each === 'string' && isHere(each) && folder.read(plain(each)) !== undefined))
        return paths.flatMap((each) => withIncluded(plain(each as string), [...above, file]));
      notes.push({
        subject: 'include',
        reason: 'unread',
        said: 'is not a file of this folder alone: it was left out',
        hint: IN_ONE,
        at,
      });
      return [];
    });
    return [...included, own];
  };
  const extended = (own: Part, name: string, above: readonly string[]): { definition: Mapping; at: Record<string, Place> } => {
    const { extends: base, ...definition } = own.services[name]!;
    const at = Object.fromEntries(Object.keys(definition).map((key) => [key, own.place(['services', name, key], 'key')]));
    if (base === undefined) return { definition, at };
    const place = own.place(['services', name, 'extends'], 'key');
    const { service, file } = isMapping(base) ? base : { service: base, file: undefined };
    if (above.includes(`${own.file} ${name}`)) throw wrong(`${quoted(name)} extends itself.`, place);
    if (file !== undefined && !(typeof file === 'string' && isHere(file) && folder.read(plain(file)) !== undefined)) {
      notes.push({
        subject: `${name} extends`,
        reason: 'unread',
        said: 'is of no file of this folder: it was left out',
        hint: IN_ONE,
        at: place,
      });
      return { definition, at };
    }
    const from = typeof file === 'string' ? part(plain(file)) : own;
    if (typeof service !== 'string' || !Object.hasOwn(from.services, service))
      throw wrong(`${quoted(name)} extends ${quoted(shownWord(service))}, and ${from.file} has no such service.`, place);
    const under = extended(from, service, [...above, `${own.file} ${name}`]);
    return { definition: mergedService(under.definition, definition), at: { ...under.at, ...at } };
  };
  return { withIncluded, extended };
}

function readPart(text: string, file: string, lookup: Lookup, unset: (name: string, at: Place) => void): Part {
  const { value, problems, place } = readDocument(text, file, { anchors: true });
  if (problems.length > 0) throw new KdcubeError(problems);
  if (!isMapping(value)) throw wrong(`${file} is no compose file: a mapping belongs here.`, place([]));
  const words = (part: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof part === 'string') {
      const read = interpolate(part, lookup, (name) => unset(name, place(path)));
      if (read === undefined)
        throw wrong('A "$" here starts no variable that compose could read.', place(path), '$$    for the sign itself');
      return read;
    }
    if (Array.isArray(part)) return part.map((item: unknown, index) => words(item, [...path, index]));
    if (isMapping(part)) return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, words(item, [...path, key])]));
    return part;
  };
  const top = words(value, []) as Mapping;
  const services = top.services ?? {};
  const bad = isMapping(services)
    ? Object.entries(services).find(([, service]) => !isMapping(service) && service !== null)
    : ['services'];
  if (bad)
    throw wrong('A service of compose is a mapping.', place(bad.length === 1 ? ['services'] : ['services', bad[0] as string]));
  const mappings = Object.entries(services as Mapping).map(([name, service]) => [name, service ?? {}] as const);
  return { file, services: Object.fromEntries(mappings) as Record<string, Mapping>, top, place };
}

/** What stands beside the services. */
function topNotes({ top, place }: Part): ImportNote[] {
  const known = ['services', 'volumes', 'name', 'version', 'include'];
  return Object.keys(top)
    .filter((key) => !known.includes(key) && !key.startsWith('x-'))
    .map((key) => ({
      subject: key,
      reason: 'compose-key',
      said: 'stays in the compose file: an environment has no place for it',
      at: place([key], 'key'),
    }));
}

function isOn({ name, definition, at }: ComposedService, profiles: readonly string[], notes: ImportNote[]): boolean {
  const own = listOf(definition.profiles).map(String);
  if (own.length === 0 || profiles.includes('*') || own.some((profile) => profiles.includes(profile))) return true;
  notes.push({
    subject: name,
    reason: 'profile',
    said: 'is started with a profile only: it was left out',
    hint: `--profiles=${shownWord(own[0])}`,
    at: at.profiles,
  });
  return false;
}

/** In the folder itself: what lies elsewhere has relative paths of its own. */
export function isHere(file: string): boolean {
  return /^(?:\.\/)?[^/\\\0]+$/.test(file) && plain(file) !== '..' && plain(file) !== '.';
}

export function plain(file: string): string {
  return file.replace(/^\.\//, '');
}

function wrong(message: string, at: Place, hint?: string): KdcubeError {
  return new KdcubeError({ code: 'wrong-value', message, ...(hint !== undefined && { hint }), at });
}
