import * as fs from 'node:fs';
import * as path from 'node:path';
import type { PackageManager } from './files';
import { CreateError } from './problem';
import { mustRun } from './run';
import type { Runner } from './run';

/** The package manager that started this process (`npm create`, `pnpm create`, …); npm by default. */
export function packageManager(userAgent = process.env.npm_config_user_agent): PackageManager {
  const name = /^(\w+)\//.exec(userAgent ?? '')?.[1];
  return name === 'pnpm' || name === 'yarn' || name === 'bun' ? name : 'npm';
}

/** Installs the dependencies. Registry, proxy and credentials come from the package manager's own settings. */
export async function install(runner: Runner, manager: PackageManager): Promise<void> {
  const script = process.env.npm_execpath;
  const self = script !== undefined && /\.[cm]?js$/.test(script) && packageManager() === manager;
  const [program, args] = self ? [process.execPath, [script, 'install']] : [manager, ['install']];
  await mustRun(
    runner,
    program,
    args,
    `${manager} install`,
    `see the output of ${manager} above; ${manager} config get registry shows the registry in use`,
  );
}

/** Runs the installed Nx without npx, which may prompt. */
export async function nx(runner: Runner, folder: string, args: readonly string[], what: string): Promise<void> {
  const root = path.join(folder, 'node_modules/nx');
  let bin: unknown;
  try {
    bin = (JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { bin?: { nx?: unknown } }).bin?.nx;
  } catch (error) {
    throw new CreateError(
      'command-failed',
      'Nx was not installed into node_modules.',
      'npm create kdcube@latest, with npm',
      error,
    );
  }
  if (typeof bin !== 'string') throw new CreateError('command-failed', 'The installed Nx has no executable.');
  await mustRun(runner, process.execPath, [path.join(root, bin), ...args], what);
}
