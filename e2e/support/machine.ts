import fs from 'node:fs';
import path from 'node:path';
import { localNpm } from './npm';
import { once, runFolder } from './once';
import { freshFolder, must, type Ran } from './run';
import { openWorkspace, type Workspace } from './workspace';

/** How a machine differs from this one. */
export interface Machine {
  umask: string;
  /** More arguments of git clone. */
  clone: string[];
  /** Folders above the clone. */
  below: string;
  env: Record<string, string>;
  /** The program that runs Nx, with its first arguments. */
  node: string[];
  /** The modification time of every file. */
  fileTime?: Date;
  /** The id of a user that owns only the clone. */
  user?: number;
  /** Further changes of the clone. */
  change?: (clone: Workspace) => void;
}

export const ordinary: Machine = {
  umask: '022',
  clone: [],
  below: '',
  env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' },
  node: [process.execPath],
};

/** Other builds of Node. */
export const NODES = ['22', '24'].filter((version) => !process.version.startsWith(`v${version}.`));

export const DEBIAN_NODE = ['bash', path.resolve(__dirname, '../../tools/engine/debian-node.sh'), 'run'];

/** Clones a workspace's commit to a clean machine, and runs its nx there. */
export async function nxOn(
  machine: Machine,
  from: Workspace,
  args: string[],
  env: Record<string, string>,
): Promise<{ clone: Workspace; ran: Ran }> {
  const around = freshFolder('machine');
  const dir = path.join(around, machine.below, 'acme');
  fs.mkdirSync(path.dirname(dir), { recursive: true });
  const withUmask = ['-c', `umask ${machine.umask} && exec "$@"`, 'sh'];
  await must('sh', [...withUmask, 'git', 'clone', '--quiet', ...machine.clone, from.url, dir], { env: machine.env });
  const clone = openWorkspace(dir, await localNpm());
  if (machine.fileTime)
    for (const file of clone.git('ls-files', '-z').split('\0').filter(Boolean)) age(path.join(dir, file), machine.fileTime);
  machine.change?.(clone);
  const as = await asUser(machine.user, around);
  await must('cp', ['-al', path.join(from.dir, 'node_modules'), dir]);
  const nx = path.join(dir, 'node_modules/nx/dist/bin/nx.js');
  const ran = await must('sh', [...withUmask, ...as.command, ...machine.node, nx, ...args], {
    cwd: dir,
    env: { ...clone.env, ...machine.env, ...as.env, ...env },
  });
  return { clone, ran };
}

/** A clean clone of a workspace's commit, with its packages. */
export async function cleanClone(from: Workspace, options: readonly string[] = []): Promise<Workspace> {
  const dir = path.join(freshFolder('machine'), 'acme');
  await must('git', ['clone', '--quiet', ...options, from.url, dir]);
  await must('cp', ['-al', path.join(from.dir, 'node_modules'), dir]);
  return openWorkspace(dir, await localNpm());
}

function age(file: string, time: Date): void {
  fs.lutimesSync(file, time, time);
}

/** Changes the owner of a folder to an unprivileged user. */
async function asUser(user: number | undefined, folder: string): Promise<{ command: string[]; env: Record<string, string> }> {
  if (user === undefined) return { command: [], env: {} };
  for (const shared of [runFolder(), path.join(runFolder(), 'work')]) fs.chmodSync(shared, 0o711);
  const home = path.join(folder, 'home');
  fs.mkdirSync(home);
  // The repositories of this run belong to root: git refuses them otherwise.
  fs.writeFileSync(path.join(home, 'gitconfig'), '[safe]\n\tdirectory = *\n');
  await must('chown', ['-R', `${user}:${user}`, folder]);
  return {
    command: ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs'],
    env: { HOME: home, GIT_CONFIG_GLOBAL: path.join(home, 'gitconfig'), NX_NATIVE_FILE_CACHE_DIRECTORY: path.join(home, 'nx') },
  };
}

/** The node program of another version, from the npm registry. */
export function nodeFromNpm(version: string): Promise<string> {
  return once(`node-${version}`, async () => {
    const { env } = await localNpm();
    const folder = freshFolder('node');
    const name = `node-${process.platform}-${process.arch}`;
    await must('npm', ['install', '--prefix', folder, '--no-save', `${name}@${version}`], { cwd: folder, env });
    return path.join(folder, 'node_modules', name, 'bin/node');
  });
}

/** The output of a Node's zlib for the same bytes, and whether it uses the system's zlib. */
export async function packedBy(node: readonly string[]): Promise<{ digest: string; sharedZlib: boolean }> {
  const script = `const bytes = Buffer.from(Array.from({ length: 300000 }, (_, at) => at % 4096 < 3000 ? 97 + at % 17 : at * at >>> 7));
    const digest = require('node:crypto').createHash('sha256').update(require('node:zlib').gzipSync(bytes)).digest('hex');
    console.log(JSON.stringify({ digest, sharedZlib: process.config.variables.node_shared_zlib === true }));`;
  const [program, ...args] = node as [string, ...string[]];
  return JSON.parse((await must(program, [...args, '-e', script])).stdout) as { digest: string; sharedZlib: boolean };
}
