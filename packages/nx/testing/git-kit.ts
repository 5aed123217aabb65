import { execFile, execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A folder for one suite, with a cache and a git configuration of its own. */
export interface Sandbox {
  dir: string;
  /** A new folder in it. */
  folder(name: string): string;
  /** Puts the environment back and removes everything. */
  end(): void;
}

/** Without hook templates, maintenance processes and fsync, which take most of the time of a small repository. */
const CONFIG = `[user]
	name = A
	email = a@example.org
[init]
	defaultBranch = main
	templateDir =
[commit]
	gpgSign = false
[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
`;

export function sandbox(): Sandbox {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-git-')));
  const before = { ...process.env };
  const config = path.join(dir, 'gitconfig');
  fs.writeFileSync(config, CONFIG);
  for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];
  Object.assign(process.env, {
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_NOSYSTEM: '1',
    KDCUBE_CACHE_DIR: path.join(dir, 'cache'),
    XDG_STATE_HOME: path.join(dir, 'state'),
  });
  let count = 0;
  return {
    dir,
    folder(name) {
      const made = path.join(dir, `${(count += 1)}`, name);
      fs.mkdirSync(made, { recursive: true });
      return made;
    },
    end() {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Plain git, as a person would type it. The environment is named: jest's own is not what a child would get else. */
export function gitSync(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: process.env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1e9,
  }).trimEnd();
}

/** Plain git while this process goes on: for a server that runs in it. */
export function gitAsync(cwd: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd, env: process.env, timeout: 60_000 }, (error) => (error ? reject(error) : resolve()));
  });
}

/** git with something on stdin. */
export function gitInput(cwd: string, input: string | Buffer, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: process.env, input });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.toString('utf8').trimEnd();
}

/** Writes files; null removes one; `{ link }` makes a symbolic link; `{ executable }` sets the bit. */
export type Content = string | Buffer | null | { link: string } | { executable: string };

export function write(dir: string, files: Record<string, Content>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    fs.rmSync(file, { recursive: true, force: true });
    if (content === null) continue;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (typeof content === 'string' || Buffer.isBuffer(content)) fs.writeFileSync(file, content);
    else if ('link' in content) fs.symlinkSync(content.link, file);
    else fs.writeFileSync(file, content.executable, { mode: 0o755 });
  }
}

const REPO_CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n';

/** An empty repository, as `git init` creates it, without a process. */
export function newRepo(dir: string, files: Record<string, Content> = {}): string {
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags'])
    fs.mkdirSync(path.join(dir, '.git', folder), { recursive: true });
  write(dir, { '.git/HEAD': 'ref: refs/heads/main\n', '.git/config': REPO_CONFIG });
  if (Object.keys(files).length > 0) commit(dir, files);
  return dir;
}

/** Writes files, commits everything and returns the commit id. */
export function commit(dir: string, files: Record<string, Content>, message = 'change'): string {
  write(dir, files);
  gitSync(dir, 'add', '--all', '--force');
  gitSync(dir, 'commit', '--quiet', '--allow-empty', '--message', message);
  return headOf(dir);
}

/** The commit that is checked out; git is started only where its files are elsewhere. */
function headOf(dir: string): string {
  const read = (name: string): string | undefined => {
    const file = path.join(dir, '.git', name);
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : undefined;
  };
  const ref = /^ref: (refs\/heads\/.+)$/.exec(read('HEAD') ?? '')?.[1];
  return (ref !== undefined ? read(ref) : undefined) ?? gitSync(dir, 'rev-parse', 'HEAD');
}

/** Every path below a folder with what could differ: kind, mode, times where asked, content. */
export function snapshot(dir: string, options: { times?: boolean } = {}): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (place: string, name: string): void => {
    const stat = fs.lstatSync(place);
    const time = options.times ? ` ${stat.mtimeMs}` : '';
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) found[name] = `link ${fs.readlinkSync(place)}${time}`;
    else if (stat.isFile()) found[name] = `file ${mode} ${fs.readFileSync(place).toString('latin1')}${time}`;
    else {
      found[`${name}/`] = `dir ${mode}${time}`;
      for (const each of fs.readdirSync(place).sort()) walk(path.join(place, each), name === '' ? each : `${name}/${each}`);
    }
  };
  walk(dir, '');
  return found;
}

/** The code of the first problem that `work` ends in; fails the test where it does not. */
export async function problemOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint?: string }> {
  const error = await work.then(
    () => new Error('it worked'),
    (thrown: unknown) => thrown,
  );
  const problems = (error as { problems?: { code: string; message: string; hint?: string }[] }).problems;
  if (!problems?.[0]) throw error;
  return problems[0];
}
