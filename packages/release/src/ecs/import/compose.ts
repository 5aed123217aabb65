import { readDocument } from '../../model/document';
import { componentOf, type FoundService, type ImportNote } from './found';

export interface ComposeFolder {
  /** Names of files in it. */
  list(): readonly string[];
  read(file: string): string | undefined;
}

type Mapping = Record<string, unknown>;

/** What a folder of env files and a compose file runs. `.env` itself is compose's own, for `${…}` in the compose file: it is no container's. */
export function foundInCompose(folder: ComposeFolder): { services: FoundService[]; notes: ImportNote[] } {
  const notes: ImportNote[] = [];
  const composed = composeServices(folder, notes);
  const own = folder.list().filter((file) => /^\.env\.[\w.-]+$/.test(file) && !/(?:~|\.(?:bak|example|sample))$/.test(file));
  const used = new Set<string>();
  const services = composed.map(({ name, definition }): FoundService => {
    const files = envFiles(definition).filter((file) => folder.read(file) !== undefined);
    files.forEach((file) => used.add(file));
    const env = Object.assign({}, ...files.map((file) => readEnvFile(folder.read(file)!)), environmentOf(definition)) as Record<
      string,
      string
    >;
    return found(name, env, typeof definition.image === 'string' ? definition.image : undefined, notes);
  });
  for (const file of own.filter((each) => !used.has(each))) {
    const name = file.slice('.env.'.length).replace(/[^A-Za-z0-9_-]/g, '-');
    services.push(found(name, readEnvFile(folder.read(file) ?? ''), undefined, notes));
  }
  return { services, notes };
}

function found(name: string, env: Record<string, string>, image: string | undefined, notes: ImportNote[]): FoundService {
  const component = componentOf([name, name.replace(/_/g, '-')], env);
  const byDigest = image !== undefined && /^[^\s$]+@sha256:[0-9a-f]{64}$/.test(image);
  if (!byDigest)
    notes.push({
      subject: `${name} image`,
      reason: 'image',
      said: 'is not named by digest: put the name of an image of the release there, or another one by its digest',
    });
  return {
    name,
    component,
    image: byDigest ? image : `docker.io/kdcube/${name.toLowerCase()}@sha256:<DIGEST>`,
    env,
    secrets: {},
    rest: {},
  };
}

function composeServices(folder: ComposeFolder, notes: ImportNote[]): { name: string; definition: Mapping }[] {
  const file = ['docker-compose.yaml', 'docker-compose.yml', 'compose.yaml', 'compose.yml'].find(
    (each) => folder.read(each) !== undefined,
  );
  if (file === undefined) return [];
  const { value, problems } = readDocument(folder.read(file)!, file);
  const services = isMapping(value) && isMapping(value.services) ? value.services : {};
  if (problems.length > 0)
    notes.push({ subject: file, reason: 'unread', said: `could not be read (${problems[0]!.code}): only the env files were` });
  return Object.entries(services).flatMap(([name, definition]) => (isMapping(definition) ? [{ name, definition }] : []));
}

function envFiles({ env_file: files }: Mapping): string[] {
  const list = Array.isArray(files) ? files : [files];
  return list
    .map((file: unknown) => (isMapping(file) ? file.path : file))
    .filter((file): file is string => typeof file === 'string')
    .map((file) => file.replace(/^\.\//, ''))
    .filter((file) => !file.includes('/') && !file.includes('$'));
}

/** What compose replaces from the host's environment is not known, and left to a person. */
function environmentOf({ environment }: Mapping): Record<string, string> {
  const pairs = Array.isArray(environment)
    ? environment.flatMap((line: unknown) =>
        typeof line === 'string' && line.includes('=')
          ? [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]]
          : [],
      )
    : isMapping(environment)
      ? Object.entries(environment).filter(([, value]) => value !== null && typeof value !== 'object')
      : [];
  return Object.fromEntries(
    pairs.map(([name, value]) => [String(name), String(value)]).filter(([, value]) => !/\$[{A-Za-z_]/.test(value!)),
  );
}

/** An env_file as compose reads it: quotes, comments after a space, several lines between quotes. */
export function readEnvFile(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  const entry = /^[ \t]*(?:export[ \t]+)?([^\s=#]+)[ \t]*=[ \t]*(?:'((?:[^'])*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\r\n]*))[^\r\n]*$/gm;
  for (const [, name, single, double, bare] of text.matchAll(entry)) {
    const value = single ?? (double === undefined ? (bare ?? '').replace(/(?:^|[ \t])#.*$/, '').trim() : unescaped(double));
    Object.defineProperty(env, name!, { value, enumerable: true, configurable: true, writable: true });
  }
  return env;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, char: string) => ({ n: '\n', r: '\r', t: '\t' })[char] ?? char);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
