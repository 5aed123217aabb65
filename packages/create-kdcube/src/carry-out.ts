import * as path from 'node:path';
import { commandsOf, isMapping, KdcubeError, RELEASE_FILE } from '@kdcube/release/internal';
import { firstCommit, initRepository, requireGit } from './git';
import { install, nx, textIn } from './package-manager';
import type { Setup } from './plan';
import { fileError, withChanges } from './problem';
import type { Runner } from './run';
import { insideRepository, prepareFolder, writeFiles } from './target';

/** Does what the plan says, or restores what was there. `print` gets one line per finished step. */
export async function carryOut(setup: Setup, cwd: string, runner: Runner, print: (line: string) => void): Promise<void> {
  const { given, repository, first, plan } = setup;
  const { folder, isNew } = repository;
  const withGit = !given.skipGit && !insideRepository(folder);
  // pnpm adds to its settings by itself, for packages that were published a moment ago.
  const undo = prepareFolder(repository, [...plan.create, ...plan.change, 'pnpm-workspace.yaml']);
  runner.moveTo(folder);
  try {
    if (withGit) await requireGit(runner);
    writeFiles(folder, first);
    const written = [...plan.create, ...plan.change].filter((file) => Object.hasOwn(first, file));
    if (written.length > 0) print(`write    ${written.join(', ')}`);
    if (!given.skipInstall) await installAndSetUp(setup, runner, print);
    runner.check();
    const left = withGit ? await startRepository(isNew, runner, print) : undefined;
    if (given.skipGit) print('skip     git (--skip-git)');
    else if (!withGit && isNew) print('skip     git: the folder is inside a git repository');
    for (const line of nextSteps(setup, cwd, left)) print(line);
  } catch (error) {
    throw undone(error, undo, setup);
  }
}

async function installAndSetUp(setup: Setup, runner: Runner, print: (line: string) => void): Promise<void> {
  const { repository, plan } = setup;
  const { manager, folder } = repository;
  let started = Date.now();
  const took = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  if (plan.installs) {
    await install(runner, manager);
    print(`install  nx and @kdcube/nx, with ${manager.name}  ${took()}`);
  }
  started = Date.now();
  const args = generatorArgs(setup);
  const output = await nx(runner, folder, [...args, '--no-interactive'], `nx g ${args[1]!}`);
  print(`set up   ${[...plan.create, ...plan.change].filter((file) => !Object.hasOwn(setup.first, file)).join(', ')}  ${took()}`);
  for (const line of output.split('\n').filter((each) => /^not (?:added|listed) /.test(each))) print(line);
}

/** A new repository also gets a README. */
function generatorArgs({ repository, platformRef, registry, given }: Setup): string[] {
  return [
    'g',
    `@kdcube/nx:${repository.isNew ? 'preset' : 'init'}`,
    ...(platformRef === undefined ? [] : [`--platformRef=${platformRef}`]),
    ...(registry === undefined ? [] : [`--registry=${registry}`]),
    ...(given.skipFound && !repository.isNew ? ['--no-discover'] : []),
  ];
}

/** A folder with content gets a repository without a commit: what belongs into it is its owner's to say. */
async function startRepository(isNew: boolean, runner: Runner, print: (line: string) => void): Promise<string | undefined> {
  await initRepository(runner);
  if (!isNew) {
    print('create   a git repository, without a commit');
    return undefined;
  }
  const left = await firstCommit(runner);
  print(left ? 'skip     the first commit: git refused it' : 'commit   everything, on main');
  return left;
}

function nextSteps(setup: Setup, cwd: string, left?: string): string[] {
  const { repository, given, plan, registry } = setup;
  const relative = path.relative(cwd, repository.folder);
  const commands = commandsOf(repository.manager.name);
  const release = releaseProject(setup);
  const hasBundles = plan.found.bundles.length > 0 || /^\s+- id:/m.test(textIn(repository.files, RELEASE_FILE));
  const steps = [
    ...(relative === '' ? [] : [`cd ${/^[\w./-]+$/.test(relative) ? relative : JSON.stringify(relative)}`]),
    ...(given.skipInstall ? [commands.install, `${commands.nx} ${generatorArgs(setup).join(' ')}`] : []),
    ...(left === undefined ? [] : [left]),
    ...(hasBundles ? [] : [`${commands.nx} g @kdcube/nx:bundle my-bundle`, `${commands.nx} run my-bundle:test`]),
    ...plan.found.deployments.map(
      (folder) =>
        `${commands.nx} run ${release}:import-compose --environment=host --dir=${folder}    # what runs there, as an environment`,
    ),
    ...(registry === undefined ? ['export KDCUBE_REGISTRY=<registry of your images and the platform’s>'] : []),
    `${commands.nx} sync`,
    `${commands.nx} run ${release}:validate`,
    ...(repository.isNew ? [] : ['git add --all && git commit -m "chore: set up KDCube"']),
    `${commands.nx} run-many -t docker-push`,
  ];
  return ['', 'Next:', ...steps.map((step) => `  ${step}`)];
}

/** The name of the release's project, which the generator may have chosen. */
function releaseProject({ repository }: Setup): string {
  try {
    const { plugins } = JSON.parse(textIn(repository.files, 'nx.json')) as { plugins?: unknown };
    const entries: unknown[] = Array.isArray(plugins) ? plugins : [];
    const options = entries.find((each) => isMapping(each) && each.plugin === '@kdcube/nx') as
      { options?: { project?: unknown } } | undefined;
    return typeof options?.options?.project === 'string' ? options.options.project : 'release';
  } catch {
    return 'release';
  }
}

/** Restores what was there, and reports that in the error's last line. */
function undone(error: unknown, undo: () => void, { repository }: Setup): unknown {
  let changed = 'All created files were removed.';
  if (!repository.isNew) {
    changed = `All files are as they were${repository.hasModules ? `; ${commandsOf(repository.manager.name).install} restores node_modules` : ''}.`;
  }
  try {
    undo();
  } catch (failed) {
    changed = `The files could not be restored: ${(failed as Error).message}.`;
  }
  // Anything but a failed file operation is a bug, and keeps its stack.
  if (!(error instanceof KdcubeError) && (error as NodeJS.ErrnoException).code === undefined) return error;
  return withChanges(fileError(error, 'The repository'), changed);
}
