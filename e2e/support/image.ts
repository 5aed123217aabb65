import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Engine } from './engine';
import type { Repo } from './git';
import { cleanEnv, freshFolder, must } from './run';

/** The mode of a path, and its content or symlink target. */
export type Tree = Record<string, { mode: string; content: string }>;

/** The git tree `tree` (`v1:folder`) as it must be in an image: files with mode 644 or 755, symlinks, and their folders. */
export function treeInGit({ dir }: Pick<Repo, 'dir'>, tree: string): Tree {
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: dir, env: cleanEnv() });
  const found: Tree = { '.': { mode: '40755', content: '' } };
  for (const line of git('ls-tree', '-r', '-z', tree).toString('utf8').split('\0').filter(Boolean)) {
    const [, mode, oid, name] = /^(\d+) \w+ (\w+)\t([^]+)$/.exec(line)!;
    for (let folder = path.posix.dirname(name!); folder !== '.'; folder = path.posix.dirname(folder))
      found[folder] = { mode: '40755', content: '' };
    found[name!] = { mode: mode === '120000' ? 'link' : mode!, content: git('cat-file', 'blob', oid!).toString('base64') };
  }
  return found;
}

/** The same of a folder of an image, from the engine. The mode includes an owner other than root. */
export async function treeInImage(engine: Engine, image: string, folder: string): Promise<Tree> {
  const into = freshFolder('image');
  const { stdout } = await must('docker', ['create', image, 'true'], engine);
  const container = stdout.trim();
  try {
    await must('sh', ['-c', `docker cp "${container}:${folder}" - | tar -x -p --numeric-owner -C "${into}"`], engine);
  } finally {
    await must('docker', ['rm', container], engine);
  }
  return treeOnDisk(path.join(into, path.basename(folder)));
}

function treeOnDisk(root: string): Tree {
  const found: Tree = {};
  const walk = (at: string): void => {
    const file = path.join(root, at);
    const stat = fs.lstatSync(file);
    const owner = stat.uid === 0 && stat.gid === 0 ? '' : ` of ${stat.uid}:${stat.gid}`;
    if (stat.isSymbolicLink())
      found[at] = { mode: `link${owner}`, content: Buffer.from(fs.readlinkSync(file)).toString('base64') };
    else if (stat.isFile()) found[at] = { mode: stat.mode.toString(8) + owner, content: fs.readFileSync(file, 'base64') };
    else {
      found[at] = { mode: stat.mode.toString(8) + owner, content: '' };
      for (const name of fs.readdirSync(file)) walk(path.posix.join(at, name));
    }
  };
  walk('.');
  return found;
}

/** Several trees as one: `{ a: treeOfA }` has `a`, `a/file`, …, and the root. */
export function joined(trees: Record<string, Tree>): Tree {
  const all: Tree = { '.': { mode: '40755', content: '' } };
  for (const [folder, tree] of Object.entries(trees))
    for (const [at, entry] of Object.entries(tree)) all[path.posix.join(folder, at)] = entry;
  return all;
}

/** A PATH with Node and git, but without container engines. */
export function pathWithoutEngine(): string {
  const folder = freshFolder('path');
  for (const program of ['node', 'npm', 'git', 'sh', 'env']) {
    const place = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    fs.symlinkSync(fs.realpathSync(place), path.join(folder, program));
  }
  return folder;
}
