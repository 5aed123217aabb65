import fs from 'node:fs';
import path from 'node:path';
import { type Repo, openRepo } from './git';
import { type LocalNpm, localNpm } from './npm';
import { once } from './once';
import { type Ran, type RunOptions, freshFolder, must, run } from './run';

export interface Workspace extends Repo {
  /** The variables of every command in this workspace. */
  env: Record<string, string>;
  /** Runs the workspace's own nx, as in CI: no daemon, no terminal. */
  nx(args: string | readonly string[], options?: RunOptions): Promise<Ran>;
  /** The same, and throws when it fails. */
  mustNx(args: string | readonly string[], options?: RunOptions): Promise<Ran>;
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  read(file: string): string;
  json<T>(file: string): T;
}

/** Creates a workspace in `folder`, which does not exist yet. */
export type Create = (folder: string, npm: LocalNpm) => Promise<void>;

export interface WorkspaceOptions {
  /** Version of nx. Default: that of this repository. */
  nx?: string;
  /** The platform's version, for the default creator. Default: PLATFORM_REF. */
  platformRef?: string;
  /** More arguments for the default creator. */
  args?: readonly string[];
  /** Default: npm create kdcube. Another one needs a `key` that identifies its workspaces. */
  create?: Create;
  key?: string;
  /** Default: the registry with our three packages. */
  npm?: () => Promise<LocalNpm>;
}

export const NX = (
  JSON.parse(fs.readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as { devDependencies: { nx: string } }
).devDependencies.nx;

/** A version of the platform that reads bundles.yaml. */
export const PLATFORM_REF = '2026.7.20.444';

/** A committed workspace. Created once in a run for each set of options (about 10 s), then copied. */
export async function makeWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const { nx = NX, platformRef = PLATFORM_REF, args = [], create, key = 'kdcube', npm: registry = localNpm } = options;
  const npm = await registry();
  const template = await once(`template-${slug([key, nx, platformRef, ...args].join('-'))}`, async () => {
    const folder = path.join(freshFolder('template'), 'acme');
    await (create ?? npmCreate(nx, platformRef, args))(folder, npm);
    commitAll(folder);
    return folder;
  });
  const dir = path.join(freshFolder('workspace'), 'acme');
  await must('cp', ['-R', '-P', '-p', template, dir]);
  return openWorkspace(dir, npm);
}

/** A handle for an existing workspace, such as a clone. */
export function openWorkspace(dir: string, npm: LocalNpm): Workspace {
  const env = { ...npm.env, KDCUBE_CACHE_DIR: path.join(path.dirname(dir), 'kdcube-cache') };
  const start = (program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
    run(program, args, { cwd: dir, ...options, env: { ...env, ...options.env } });
  const nx = (args: string | readonly string[], options?: RunOptions): Promise<Ran> =>
    start(
      process.execPath,
      [path.join(dir, 'node_modules/nx', nxProgram(dir)), ...(typeof args === 'string' ? args.split(' ') : args)],
      options,
    );
  return {
    ...openRepo(dir),
    env,
    run: start,
    nx,
    async mustNx(args, options) {
      const ran = await nx(args, options);
      if (ran.exitCode !== 0) throw new Error(`nx ${args.toString()} ended with exit code ${ran.exitCode}\n${ran.output}`);
      return ran;
    },
    read: (file) => fs.readFileSync(path.join(dir, file), 'utf8'),
    json: <T>(file: string) => JSON.parse(fs.readFileSync(path.join(dir, file), 'utf8')) as T,
  };
}

/** npm create kdcube, as in its README, with the version that this run published. */
function npmCreate(nx: string, platformRef: string, args: readonly string[]): Create {
  return async (folder, npm) => {
    const all = [path.basename(folder), '--platform-ref', platformRef, '--nx-version', nx, '--skip-ref-check', ...args];
    await must('npm', ['create', '--yes', 'kdcube@latest', '--', ...all], { cwd: path.dirname(folder), env: npm.env });
  };
}

/** A plain Nx workspace with these packages installed. */
export function plainWorkspace(nx: string, packages: readonly string[]): Create {
  return async (folder, npm) => {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'acme', private: true, version: '0.0.0' }));
    fs.writeFileSync(path.join(folder, 'nx.json'), JSON.stringify({ analytics: false, neverConnectToCloud: true }));
    fs.writeFileSync(path.join(folder, '.gitignore'), 'node_modules/\ndist/\n.nx/\n');
    await must('npm', ['install', '--save-dev', '--save-exact', `nx@${nx}`, ...packages], { cwd: folder, env: npm.env });
  };
}

function commitAll(folder: string): void {
  const repo = openRepo(folder);
  if (!fs.existsSync(path.join(folder, '.git'))) repo.git('init', '--quiet', '--initial-branch=main');
  if (repo.git('status', '--porcelain') !== '') repo.commit('a new workspace');
}

function nxProgram(dir: string): string {
  const { bin } = JSON.parse(fs.readFileSync(path.join(dir, 'node_modules/nx/package.json'), 'utf8')) as { bin: { nx: string } };
  return bin.nx;
}

function slug(text: string): string {
  return text.replace(/[^A-Za-z0-9.]+/g, '-');
}
