import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import type { ComposeFolder } from '../src/targets/compose/compose-file/compose-loader';
import { foundInCompose } from '../src/targets/compose/import/compose';
import { KdcubeError } from '../src/problem/problem';
import { configuredVariables } from './compose-table';

/** A folder of the platform with its sample env files where its compose file expects them. */
export function preparePlatformFolder(source: string, folder: string): void {
  cpSync(source, folder, { recursive: true });
  const samples = join(folder, 'sample_env');
  if (!existsSync(samples)) return;
  // Since July 2026 in config/, before that beside the compose file.
  for (const target of [folder, join(folder, 'config')]) {
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(samples)) cpSync(join(samples, file), join(target, file));
  }
  // The samples name the folder of their author.
  const dotenv = join(folder, '.env');
  if (existsSync(dotenv))
    writeFileSync(dotenv, readFileSync(dotenv, 'utf8').replace(/^KDCUBE_CONFIG_DIR=.*$/m, 'KDCUBE_CONFIG_DIR=./config'));
}

/** Env files of the platform that no compose file names, by folder: of its development set-up, its charts and its apps. */
export function findEnvSamples(root: string): Map<string, string[]> {
  const files = (readdirSync(root, { recursive: true }) as string[]).map((file) => file.split(sep).join('/')).sort();
  const samples = files.filter((file) => /(?:^|\/)\.env[^/]*$/.test(file) && statSync(join(root, file)).isFile());
  const hasCompose = (folder: string) =>
    [folder, posix.dirname(folder)].some((each) => files.includes(`${each}/docker-compose.yaml`));
  const folders = [...new Set(samples.map((file) => posix.dirname(file)))].filter((folder) => !hasCompose(folder));
  return new Map(folders.map((folder) => [folder, samples.filter((file) => posix.dirname(file) === folder)]));
}

/** A folder with these env files, and a compose file in which each of them is the environment of a service. */
export function prepareEnvSamples(root: string, files: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  const services = files.map((file) => {
    const name = posix.basename(file);
    cpSync(join(root, file), join(folder, `sample${name}`));
    return `  ${name.slice(1).replaceAll('.', '-')}: { image: app, env_file: [sample${name}] }`;
  });
  writeFileSync(join(folder, 'docker-compose.yaml'), `services:\n${services.join('\n')}\n`);
}

/** What compose makes of it; a variable that it requires is written to .env, once it has asked for it. */
export function readWithCompose(program: string, folder: string): Record<string, Record<string, string>> {
  for (let round = 0; round < 40; round += 1) {
    const { status, stdout, stderr } = spawnSync(program, ['config', '--format', 'json'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: '/root' },
    });
    if (status === 0) return configuredVariables(stdout.replaceAll(folder, '/opt/kdcube'))!;
    const absent = /env file (\S+) not found/.exec(stderr)?.[1];
    if (absent?.startsWith(folder)) {
      writeFileSync(absent, '');
      continue;
    }
    // A placeholder of the sample .env that is no path.
    const placeholder = /refers to undefined volume ([^/\s]+)\//.exec(stderr)?.[1];
    if (placeholder !== undefined) {
      const dotenv = readFileSync(join(folder, '.env'), 'utf8');
      writeFileSync(join(folder, '.env'), dotenv.replaceAll(`=${placeholder}`, `=./${placeholder}`));
      continue;
    }
    const missing =
      /required variable (\w+) is missing/.exec(stderr)?.[1] ?? /variable "?(\w+)"? is missing a value/.exec(stderr)?.[1];
    if (missing === undefined) throw new Error(stderr);
    const file = join(folder, '.env');
    writeFileSync(file, `${existsSync(file) ? readFileSync(file, 'utf8') : ''}\n${missing}=/opt/${missing.toLowerCase()}\n`);
  }
  throw new Error('compose asks for more and more variables');
}

/** One line for each variable that an import has in another way than compose, and for each service that only one of them has. */
export function differences(
  folder: string,
  expected: ReturnType<typeof readWithCompose>,
): { variables: number; lines: string[] } {
  let found;
  try {
    found = foundInCompose(diskFolder(folder), { directory: '/opt/kdcube', files: [], profiles: [] });
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    return { variables: 0, lines: error.problems.map(({ code, message }) => `refused: ${code}: ${message}`) };
  }
  const { services, notes } = found;
  const imported = new Map(services.map((service) => [String(service.rest.service_name ?? service.name), service.env]));
  const lines: string[] = [];
  let variables = 0;
  for (const [name, env] of Object.entries(expected)) {
    const ours = imported.get(name);
    if (!ours) {
      lines.push(`${name}: no such service`);
      continue;
    }
    variables += Object.keys(env).length;
    for (const variable of [...new Set([...Object.keys(env), ...Object.keys(ours)])].sort()) {
      if (env[variable] === ours[variable]) continue;
      const noted = notes.some(({ subject, message }) => `${subject} ${message}`.includes(variable));
      const what = !(variable in ours) ? 'only in compose' : !(variable in env) ? 'only in the import' : 'another value';
      lines.push(`${name} ${variable}: ${what}${noted ? ', and a note names it' : ''}`);
    }
  }
  for (const name of imported.keys()) if (!Object.hasOwn(expected, name)) lines.push(`${name}: only in the import`);
  return { variables, lines };
}

function diskFolder(root: string): ComposeFolder {
  const files = (readdirSync(root, { recursive: true }) as string[]).map((file) => file.split(sep).join('/'));
  return {
    list: () => files.filter((file) => !file.includes('/')),
    read: (file) => {
      const full = join(root, relative('/', join('/', file)));
      return existsSync(full) && statSync(full).isFile() ? readFileSync(full, 'utf8') : undefined;
    },
  };
}
