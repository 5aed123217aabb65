import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Arguments } from './args';
import { firstFiles } from './files';
import { firstCommit, initRepository, requireGit } from './git';
import { install, nx, packageManager } from './package-manager';
import { CreateError, fileError } from './problem';
import { createRunner } from './run';
import type { Runner } from './run';
import { checkTarget, insideRepository, makeFolder, writeFiles } from './target';
import type { Target } from './target';

export type Settled = Arguments & { folder: string; platformRef: string };

/** Creates the repository, or leaves nothing behind. `print` gets one line per finished step. */
export async function create(request: Settled, cwd: string, print: (line: string) => void): Promise<void> {
  const target = checkTarget(request.folder, cwd);
  const manager = packageManager();
  const files = firstFiles({ ...request, name: target.name, pluginVersion: ownVersion(), cwd, manager });
  const withGit = !request.skipGit && !insideRepository(target.folder);
  const undo = makeFolder(target);
  const runner = createRunner(target.folder, print);
  try {
    if (withGit) await requireGit(runner);
    writeFiles(target.folder, files);
    print(`write    ${Object.keys(files).join(', ')}`);
    if (!request.skipInstall) await installAndSetUp(request, target, runner, print);
    runner.check();
    const left = withGit ? await commit(runner, print) : undefined;
    if (!withGit) print(request.skipGit ? 'skip     git (--skip-git)' : 'skip     git: the folder is inside a git repository');
    for (const line of nextSteps(request, target, cwd, left)) print(line);
  } catch (error) {
    throw undone(error, undo);
  } finally {
    runner.done();
  }
}

async function installAndSetUp(request: Settled, target: Target, runner: Runner, print: (line: string) => void): Promise<void> {
  const manager = packageManager();
  let started = Date.now();
  const took = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  await install(runner, manager);
  print(`install  nx ${request.nxVersion} and @kdcube/nx, with ${manager}  ${took()}`);
  started = Date.now();
  await nx(runner, target.folder, [...presetCommand(request), '--no-interactive'], 'nx g @kdcube/nx:preset');
  print(`set up   release.yaml, images, README.md  ${took()}`);
}

async function commit(runner: Runner, print: (line: string) => void): Promise<string | undefined> {
  await initRepository(runner);
  const left = await firstCommit(runner);
  print(left ? 'skip     the first commit: git refused it' : 'commit   everything, on main');
  return left;
}

function presetCommand({ platformRef, registry }: Settled): string[] {
  return [
    'g',
    '@kdcube/nx:preset',
    `--platformRef=${platformRef}`,
    ...(registry === undefined ? [] : [`--registry=${registry}`]),
  ];
}

function nextSteps(request: Settled, { folder }: Target, cwd: string, left?: string): string[] {
  const relative = path.relative(cwd, folder);
  const steps = [
    ...(relative === '' ? [] : [`cd ${/^[\w./-]+$/.test(relative) ? relative : JSON.stringify(relative)}`]),
    ...(request.skipInstall ? [`${packageManager()} install`, `npx nx ${presetCommand(request).join(' ')}`] : []),
    ...(left === undefined ? [] : [left]),
    'npx nx g @kdcube/nx:bundle my-bundle',
    'npx nx run my-bundle:test',
    ...(request.registry === undefined ? ['export KDCUBE_REGISTRY=<registry of your images and the platform’s>'] : []),
    'npx nx sync',
    'npx nx run release:validate',
  ];
  return ['', 'Next:', ...steps.map((step) => `  ${step}`)];
}

/** Removes everything that was created, and reports that in the error's last line. */
function undone(error: unknown, undo: () => void): unknown {
  let changed = 'All created files were removed.';
  try {
    undo();
  } catch (failed) {
    changed = `The created files could not be removed: ${(failed as Error).message}.`;
  }
  // Anything but a failed file operation is a bug, and keeps its stack.
  if (!(error instanceof CreateError) && (error as NodeJS.ErrnoException).code === undefined) return error;
  const problem = fileError(error, 'The repository');
  problem.changed = changed;
  return problem;
}

/** create-kdcube and @kdcube/nx are released together, under one version. */
export function ownVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;
}
