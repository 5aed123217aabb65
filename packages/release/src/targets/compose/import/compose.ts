import { printable } from '../../../problem/problem';
import { readEnvFile, readRawEnvFile } from '../env-file/compose-env-file';
import type { Composed, ComposedService, ComposeOptions } from '../compose-file/compose-files';
import { readCompose } from '../compose-file/compose-files';
import type { ComposeFolder } from '../compose-file/compose-loader';
import type { Lookup, OnUnset } from '../compose-file/compose-interpolate';
import { type EnvFileEntry, shownPath } from '../compose-file/compose-paths';
import { environmentOf, listOf } from '../compose-file/compose-merge';
import { settingsOf } from '../compose-file/compose-service';
import { shownWord } from '../compose-file/compose-values';
import { componentOf } from '../../../import/found';
import { type FoundService, type ImportNote } from '../../../import/types';
import { importedImage } from '../../../import/image';

export interface FoundFolder {
  services: FoundService[];
  /** The name of the compose project, if the files have one. */
  project?: string;
  /** The compose files that were read. */
  files: string[];
  notes: ImportNote[];
}

/** The services of a folder of env files and compose files. `.env` is only used for `${…}` in the compose files. */
export function foundInCompose(folder: ComposeFolder, options: ComposeOptions): FoundFolder {
  const composed = readCompose(folder, options);
  const { notes, files, project } = composed;
  const used = new Set<string>();
  const services = composed.services.map((service) => foundService(service, composed, folder, options.directory, used));
  const left = folder.list().filter((file) => /^\.env\.[\w.-]+$/.test(file) && !/(?:~|\.(?:bak|example|sample))$/.test(file));
  for (const file of left.filter((each) => !used.has(each))) {
    const name = nameOf(file.slice('.env.'.length));
    if (services.some((service) => service.name === name)) {
      const message = `is not named by an env_file of the compose service ${name}: it was left out`;
      notes.push({ subject: file, reason: 'unread', message, hint: `env_file: [${file}]`, at: { file } });
      continue;
    }
    const env = readEnvFile(folder.read(file) ?? '', composed.lookup, unsetIn(file, notes), file);
    const { component } = identity(name, env);
    services.push({ name, component, ...importedImage({ name, component }, notes), env, secrets: {}, rest: {} });
  }
  return { services: withUniqueNames(services, notes), files, ...(project !== undefined && { project }), notes };
}

/** Two services of compose can have one name as keys of an environment: `a.b` and `a-b`. */
function withUniqueNames(services: readonly FoundService[], notes: ImportNote[]): FoundService[] {
  const names = new Set<string>();
  return services.map((service) => {
    let name = service.name;
    for (let number = 2; names.has(name); number += 1) name = `${service.name}-${number}`;
    names.add(name);
    if (name === service.name) return service;
    const message = `has the name ${name} in the environment: another service is ${service.name} there`;
    notes.push({ subject: String(service.rest.service_name ?? service.name), reason: 'name', message });
    return { ...service, name, rest: { ...service.rest, service_name: service.rest.service_name ?? service.name } };
  });
}

/** `compose:` of the environment. */
export function composePlace(directory: string, { project, files }: FoundFolder): Record<string, string> {
  // Compose's own default is the folder's name.
  const named = (project ?? directory.slice(directory.lastIndexOf('/') + 1))
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  const [file] = files;
  return {
    ...(named !== '' && { project: named }),
    directory,
    ...(file !== undefined && file !== 'docker-compose.yaml' && { file }),
  };
}

function foundService(
  service: ComposedService,
  { lookup, volumes, notes }: Composed,
  folder: ComposeFolder,
  directory: string,
  used: Set<string>,
): FoundService {
  const { name, definition, at } = service;
  const env = { ...fromFiles(service, folder, directory, lookup, used, notes), ...own(service, lookup, notes) };
  const { component } = identity(name, env);
  const key = nameOf(name);
  const image = importedImage(
    { name: key, component, image: definition.image, isBuilt: isGiven(definition.build), at: at.image ?? at.build },
    notes,
  );
  const settings = settingsOf(service, component, volumes, notes);
  return { name: key, component, ...image, env, secrets: {}, rest: { ...settings, ...(key !== name && { service_name: name }) } };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function identity(name: string, env: Record<string, string>): Pick<FoundService, 'name' | 'component'> {
  return { name, component: componentOf([name, name.replace(/_/g, '-')], env) };
}

/** As a key of the environment. */
function nameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** The variables of its env files. Read by one of them, and named by a note if it is not there. */
function fromFiles(
  { name, definition, at }: ComposedService,
  folder: ComposeFolder,
  directory: string,
  lookup: Lookup,
  used: Set<string>,
  notes: ImportNote[],
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { path, required, format } of listOf(definition.env_file) as EnvFileEntry[]) {
    const file = shownPath(path, directory);
    const text = folder.read(file);
    if (text === undefined) {
      const message = `${shownWord(file)} ${required ? 'cannot be read' : 'is optional and not there'}: it was left out`;
      notes.push({ subject: `${name} env_file`, reason: 'unread', message, at: at.env_file });
      continue;
    }
    used.add(file);
    const outer: Lookup = (variable) => (Object.hasOwn(env, variable) ? env[variable] : lookup(variable));
    for (const [variable, value] of Object.entries(
      format === 'raw' ? readRawEnvFile(text, file) : readEnvFile(text, outer, unsetIn(file, notes), file),
    ))
      Object.defineProperty(env, variable, { value, enumerable: true, configurable: true, writable: true });
  }
  return env;
}

function unsetIn(file: string, notes: ImportNote[]): OnUnset {
  return (name, required) => {
    const subject = `\${${name}}`;
    if (notes.some((note) => note.subject === subject && note.at?.file === file)) return;
    const message = required
      ? 'is required, but not set: it was replaced with nothing. Compose stops here if its shell does not set it'
      : 'is not set: it was replaced with nothing, as compose does. For a dollar sign write $$, or use single quotes';
    notes.push({ subject, reason: 'variable', message, at: { file } });
  };
}

/** A variable without a value gets that of `.env`. Compose also reads its shell. */
function own({ name, definition, at }: ComposedService, lookup: Lookup, notes: ImportNote[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environmentOf(definition.environment)).flatMap(([variable, written]): [string, string][] => {
      const value = written ?? lookup(variable);
      if (value !== undefined) return [[variable, value]];
      const message = 'comes from the shell of compose: it was left out';
      notes.push({ subject: `${name} ${printable(variable)}`, reason: 'variable', message, at: at.environment });
      return [];
    }),
  );
}
