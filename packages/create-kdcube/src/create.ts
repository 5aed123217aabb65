import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Arguments } from './args';
import { firstFiles } from './files';
import { firstCommit, initRepository, needGit } from './git';
import { install, nx, packageManager } from './package-manager';
import { CreateError, fileError } from './problem';
import { createRunner } from './run';
import type { Runner } from './run';
import { checkTarget, insideRepository, makeFolder, writeFiles } from './target';
import type { Target } from './target';

export type Settled = Arguments & { folder: string; platformRef: string };

/** Makes the repository, or leaves nothing behind. `say` gets one line per finished step. */
export async function create(wanted: Settled, cwd: string, say: (line: string) => void): Promise<void> {
  const target = checkTarget(wanted.folder, cwd);
  const manager = packageManager();
  const files = firstFiles({ ...wanted, name: target.name, pluginVersion: ownVersion(), cwd, manager });
  const withGit = !wanted.skipGit && !insideRepository(target.folder);
  const takeBack = makeFolder(target);
  const runner = createRunner(target.folder, say);
  try {
    if (withGit) await needGit(runner);
    writeFiles(target.folder, files);
    say(`write    ${Object.keys(files).join(', ')}`);
    if (!wanted.skipInstall) await installAndSetUp(wanted, target, runner, say);
    runner.check();
    const left = withGit ? await commit(runner, say) : undefined;
    if (!withGit) say(wanted.skipGit ? 'skip     git (--skip-git)' : 'skip     git: the folder is in a repository already');
    for (const line of nextSteps(wanted, target, cwd, left)) say(line);
  } catch (error) {
    throw undone(error, takeBack);
  } finally {
    runner.done();
  }
}

async function installAndSetUp(wanted: Settled, target: Target, runner: Runner, say: (line: string) => void): Promise<void> {
  const manager = packageManager();
  let started = Date.now();
  const took = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  await install(runner, manager);
  say(`install  nx ${wanted.nxVersion} and @kdcube/nx, with ${manager}  ${took()}`);
  started = Date.now();
  await nx(runner, target.folder, [...presetCommand(wanted), '--no-interactive'], 'The set-up by @kdcube/nx');
  say(`set up   release.yaml, images, README.md  ${took()}`);
}

async function commit(runner: Runner, say: (line: string) => void): Promise<string | undefined> {
  await initRepository(runner);
  const left = await firstCommit(runner);
  say(left ? 'skip     the first commit: git did not take it' : 'commit   everything, on main');
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

function nextSteps(wanted: Settled, { folder }: Target, cwd: string, left?: string): string[] {
  const relative = path.relative(cwd, folder);
  const steps = [
    ...(relative === '' ? [] : [`cd ${/^[\w./-]+$/.test(relative) ? relative : JSON.stringify(relative)}`]),
    ...(wanted.skipInstall ? [`${packageManager()} install`, `npx nx ${presetCommand(wanted).join(' ')}`] : []),
    ...(left === undefined ? [] : [left]),
    'npx nx g @kdcube/nx:bundle my-bundle',
    'npx nx run my-bundle:test',
    ...(wanted.registry === undefined ? ['export KDCUBE_REGISTRY=<where the images go, and the platform’s images are>'] : []),
    'npx nx sync',
    'npx nx run release:validate',
  ];
  return ['', 'Next:', ...steps.map((step) => `  ${step}`)];
}

/** Takes everything back, and says so in the error's last line. */
function undone(error: unknown, takeBack: () => void): unknown {
  let changed = 'what was made was removed again';
  try {
    takeBack();
  } catch (failed) {
    changed = `what was made could not be removed: ${(failed as Error).message}`;
  }
  // What is no failed file operation is a mistake of ours, and keeps its stack.
  if (!(error instanceof CreateError) && (error as NodeJS.ErrnoException).code === undefined) return error;
  const problem = fileError(error, 'The repository');
  problem.changed = changed;
  return problem;
}

/** create-kdcube and @kdcube/nx are released together, under one version. */
export function ownVersion(): string {
  return (JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;
}
