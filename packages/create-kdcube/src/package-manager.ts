import * as fs from 'node:fs';
import * as path from 'node:path';
import { commandsOf, type Files, isMapping, type PackageManager } from '@kdcube/release/internal';
import { problem } from './problem';
import { mustRun } from './run';
import type { Runner } from './run';

const LOCKFILES: [file: string, manager: PackageManager][] = [
  ['package-lock.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];

/** A package manager, and whether it is a yarn from 2 on. */
export interface Manager {
  name: PackageManager;
  isBerry: boolean;
}

/** The package manager that started this process (`npm create`, `pnpm create`, …); npm by default. */
export function packageManager(userAgent = process.env.npm_config_user_agent): Manager {
  return managerNamed((userAgent ?? '').split(' ')[0]!.replace('/', '@')) ?? { name: 'npm', isBerry: false };
}

/** The package manager of a repository: by package.json, else by its lockfile, else the one that started this process. */
export function managerOf(files: Files, packageJson: Record<string, unknown> | undefined): Manager {
  const named = typeof packageJson?.packageManager === 'string' ? managerNamed(packageJson.packageManager) : undefined;
  if (named) return named;
  const entries = files.list('.');
  const found = LOCKFILES.find(([file]) => entries.includes(file))?.[1];
  if (found === undefined) return packageManager();
  const isBerry = found === 'yarn' && (entries.includes('.yarnrc.yml') || /^__metadata:/m.test(textIn(files, 'yarn.lock')));
  return { name: found, isBerry };
}

function managerNamed(text: string): Manager | undefined {
  const [, name, major] = /^(npm|pnpm|yarn|bun)@(\d+)?/.exec(text) ?? [];
  return name === undefined ? undefined : { name: name as PackageManager, isBerry: name === 'yarn' && Number(major) > 1 };
}

/** Nx and the plugin need packages in folders. Yarn from 2 on keeps them in archives, unless it is told otherwise. */
export function requireNodeModules(files: Files, { isBerry }: Manager): void {
  if (!isBerry) return;
  const linker = /^nodeLinker:\s*["']?([\w-]+)/m.exec(textIn(files, '.yarnrc.yml'))?.[1];
  if (linker === 'node-modules' || linker === 'pnpm') return;
  throw problem(
    'wrong-option',
    `This repository uses Yarn Plug'n'Play (nodeLinker: ${linker ?? 'pnp, the default'}), and Nx needs node_modules.`,
    "echo 'nodeLinker: node-modules' >> .yarnrc.yml && yarn install",
  );
}

/** The lockfile that an install writes. */
export function lockfileOf(files: Files, { name }: Manager): string {
  const own = LOCKFILES.filter(([, manager]) => manager === name).map(([file]) => file);
  return own.find((file) => files.list('.').includes(file)) ?? own[0]!;
}

/** Installs the dependencies. Registry, proxy and credentials come from the package manager's own settings. */
export async function install(runner: Runner, { name }: Manager): Promise<void> {
  const script = process.env.npm_execpath;
  const self = script !== undefined && /\.[cm]?js$/.test(script) && packageManager().name === name;
  // In CI, pnpm would refuse to change a lockfile.
  const args = name === 'pnpm' ? ['install', '--no-frozen-lockfile'] : ['install'];
  const [program, all] = self ? [process.execPath, [script, ...args]] : [name, args];
  await mustRun(
    runner,
    program,
    all,
    commandsOf(name).install,
    `see the output of ${name} above; ${name} config get registry shows the registry in use`,
  );
}

/** Runs the installed Nx without npx, which may prompt. */
export async function nx(runner: Runner, folder: string, args: readonly string[], what: string): Promise<string> {
  const root = path.join(folder, 'node_modules/nx');
  let bin: unknown;
  try {
    bin = (JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { bin?: { nx?: unknown } }).bin?.nx;
  } catch (error) {
    throw problem('command-failed', 'Nx was not installed into node_modules.', 'npm create kdcube@latest, with npm', error);
  }
  if (typeof bin !== 'string') throw problem('command-failed', 'The installed Nx has no executable.');
  return mustRun(runner, process.execPath, [path.join(root, bin), ...args], what);
}

export function textIn(files: Files, file: string): string {
  const content = files.read(file);
  return content === undefined ? '' : typeof content === 'string' ? content : new TextDecoder().decode(content);
}

/** A JSON file as a mapping; undefined if it does not exist. Problem `file-error` if it is something else. */
export function jsonIn(files: Files, file: string): Record<string, unknown> | undefined {
  const text = textIn(files, file).replace(/^\ufeff/, '');
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw problem(
      'file-error',
      `${file} is not valid JSON: ${(error as Error).message}.`,
      `correct ${file}, then run this again`,
      error,
    );
  }
  if (isMapping(value)) return value;
  throw problem('file-error', `${file} is not a JSON object.`, `correct ${file}, then run this again`);
}
