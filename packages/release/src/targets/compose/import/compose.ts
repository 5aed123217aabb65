import { printable } from '../../../problem/problem';
import { readEnvFile, readRawEnvFile } from '../env-file/compose-env-file';
import type { Composed, ComposedService, ComposeOptions } from '../compose-file/compose-files';
import { readCompose } from '../compose-file/compose-files';
import { type ComposeFolder, isHere, plain } from '../compose-file/compose-loader';
import type { Lookup } from '../compose-file/compose-interpolate';
import { environmentOf, isMapping, listOf } from '../compose-file/compose-merge';
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
    const env = readEnvFile(folder.read(file) ?? '', composed.lookup, unsetIn(file, notes), file);
    services.push({ ...identity(name, env), ...importedImage(name, undefined, notes), env, secrets: {}, rest: {} });
  }
  return { services, files, ...(project !== undefined && { project }), notes };
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
  const env = { ...fromFiles(service, folder, lookup, used, notes), ...own(service, lookup, notes) };
  const { component } = identity(name, env);
  const key = nameOf(name);
  const image = importedImage(key, definition.image, notes, at.image);
  const settings = settingsOf(service, component, { directory, volumes }, notes);
  return { name: key, component, ...image, env, secrets: {}, rest: { ...settings, ...(key !== name && { service_name: name }) } };
}

function identity(name: string, env: Record<string, string>): Pick<FoundService, 'name' | 'component'> {
  return { name, component: componentOf([name, name.replace(/_/g, '-')], env) };
}

/** As a key of the environment. */
function nameOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-');
}

function fromFiles(
  { name, definition, at }: ComposedService,
  folder: ComposeFolder,
  lookup: Lookup,
  used: Set<string>,
  notes: ImportNote[],
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of listOf(definition.env_file)) {
    const { path, format, required } = isMapping(entry) ? entry : { path: entry, format: undefined, required: undefined };
    const file = typeof path === 'string' ? plain(path) : '';
    const text = isHere(file) ? folder.read(file) : undefined;
    if (text === undefined) {
      if (required !== false)
        notes.push({
          subject: `${name} env_file`,
          reason: 'unread',
          message: `${shownWord(file)} is not a file of this folder: it was left out`,
          at: at.env_file,
        });
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

function unsetIn(file: string, notes: ImportNote[]): (name: string) => void {
  return (name) => {
    const subject = `\${${name}}`;
    if (notes.some((note) => note.subject === subject && note.at?.file === file)) return;
    const message = 'is not set: it was replaced with nothing, as compose does. For a dollar sign write $$, or use single quotes';
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
