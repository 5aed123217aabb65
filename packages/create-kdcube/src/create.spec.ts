import { spawn, spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import ts from 'typescript';

const git = spawnSync('git', ['--version']).status === 0;
const withGit = git || process.env.KD_REQUIRE_ENGINE === '1' ? it : it.skip;
const REF = ['--platform-ref', '2026.7.20.444'];

/** The program as it is published, run as npm runs it. */
describe(`create-kdcube${git ? '' : ' (some skipped: there is no git here)'}`, () => {
  let root: string;
  let bin: string;
  let here: string;

  beforeAll(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'create-kdcube-'));
    const dist = path.join(root, 'package/dist');
    fs.mkdirSync(dist, { recursive: true });
    fs.copyFileSync(path.join(__dirname, '../package.json'), path.join(root, 'package/package.json'));
    for (const file of fs.readdirSync(__dirname).filter((name) => !name.endsWith('.spec.ts'))) {
      const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
      const { outputText } = ts.transpileModule(fs.readFileSync(path.join(__dirname, file), 'utf8'), {
        compilerOptions: options,
      });
      fs.writeFileSync(path.join(dist, file.replace(/\.ts$/, '.js')), outputText);
    }
    bin = path.join(dist, 'index.js');
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    here = fs.mkdtempSync(path.join(root, 'here-'));
  });

  withGit('writes what an install needs, commits it, and prints the next steps', () => {
    const { status, stdout } = run(['Acme Co', ...REF, '--registry', 'ghcr.io/acme', '--skip-install']);
    expect(status).toBe(0);
    const folder = path.join(here, 'Acme Co');
    expect(fs.readdirSync(folder).sort()).toEqual(['.git', '.gitignore', 'nx.json', 'package.json']);
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).name).toBe('acme-co');
    expect(inGit(folder, 'log', '--format=%s').stdout).toBe('chore: start with npm create kdcube\n');
    expect(inGit(folder, 'symbolic-ref', 'HEAD').stdout).toBe('refs/heads/main\n');
    expect(inGit(folder, 'status', '--porcelain').stdout).toBe('');
    expect(stdout).toContain(
      '  cd "Acme Co"\n  npm install\n  npx nx g @kdcube/nx:preset --platformRef=2026.7.20.444 --registry=ghcr.io/acme\n',
    );
  });

  withGit('leaves the commit to the user if git has no user name', () => {
    const { status, stdout } = run(['acme', ...REF, '--skip-install'], { GIT_AUTHOR_NAME: '', GIT_COMMITTER_NAME: '' });
    expect(status).toBe(0);
    expect(stdout).toContain('git config --global user.name');
    expect(inGit(path.join(here, 'acme'), 'diff', '--cached', '--name-only').stdout).toContain('package.json');
  });

  it('creates no repository inside another, and none with --skip-git', () => {
    fs.mkdirSync(path.join(here, '.git'));
    expect(run(['inner', ...REF, '--skip-install']).stdout).toContain('inside a git repository');
    expect(run(['other', ...REF, '--skip-install', '--skip-git']).stdout).toContain('--skip-git');
    for (const name of ['inner', 'other']) expect(fs.existsSync(path.join(here, name, '.git'))).toBe(false);
  });

  it('fills a folder that is empty except for .git', () => {
    fs.mkdirSync(path.join(here, 'cloned/.git'), { recursive: true });
    expect(run(['cloned', ...REF, '--skip-install']).status).toBe(0);
    expect(fs.existsSync(path.join(here, 'cloned/nx.json'))).toBe(true);
  });

  it.each([
    ['a folder that holds something', ['full', ...REF], 'already-exists'],
    ['a file', ['file', ...REF], 'already-exists'],
    ['an invalid name', ['@@@', ...REF], 'unsafe-name'],
    ['a name with a line break', ['a\nb', ...REF], 'unsafe-name'],
    ['a name of 300 characters', ['a'.repeat(300), ...REF], 'unsafe-name'],
    ['an empty name', ['', ...REF], 'unsafe-name'],
    ['no name', REF, 'wrong-option'],
    ['no platform', ['acme'], 'wrong-option'],
    ['a wrong tarball', ['acme', ...REF, '--plugin', 'file:what.tgz'], 'wrong-option'],
    ['a folder below a file', ['file/acme', ...REF], 'file-error'],
  ])('refuses %s with one problem, and changes nothing', (_, argv, code) => {
    fs.mkdirSync(path.join(here, 'full'));
    fs.writeFileSync(path.join(here, 'full/mine.txt'), 'mine');
    fs.writeFileSync(path.join(here, 'file'), 'mine');
    const { status, stderr, stdout } = run([...argv, '--skip-install', '--skip-git']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^\\[${code}\\]\n`));
    expect(stderr).toMatch(/\n1 problem\. No file or folder was created\.\n$/);
    expect(listing()).toEqual(['file', 'full', 'full/mine.txt']);
  });

  it('says that git is missing, and leaves nothing', () => {
    const { status, stderr } = run(['deep/acme', ...REF, '--skip-install'], { PATH: root });
    expect([status, listing()]).toEqual([1, []]);
    expect(stderr).toContain('[git-missing]');
    expect(stderr).toContain('--skip-git');
  });

  it('shows the output of a failed install without credentials, and leaves only what existed before', () => {
    program('npm', `console.error('npm error get https://ann:hunter2@registry.example/x'); process.exit(7);`);
    fs.mkdirSync(path.join(here, 'cloned/.git'), { recursive: true });
    for (const name of ['new/acme', 'cloned']) {
      const { status, stderr } = run([name, ...REF, '--skip-git'], fakePath());
      expect(status).toBe(1);
      expect(stderr).toContain('[command-failed]\n  npm install failed with exit code 7.');
      expect(stderr).toContain('https://registry.example/x');
      expect(stderr).not.toContain('hunter2');
      expect(stderr).toContain('1 problem. All created files were removed.');
    }
    expect(listing()).toEqual(['cloned', 'cloned/.git']);
  });

  it('removes everything it created when it is interrupted', async () => {
    program('npm', `console.log('up'); setInterval(() => {}, 1000);`);
    const child = spawn(process.execPath, [bin, 'acme', ...REF, '--skip-git'], { cwd: here, env: env(fakePath()) });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    // Its first line comes before the install starts; the install itself runs until it is stopped.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, listing()]).toEqual([1, []]);
    expect(stderr).toContain('[interrupted]');
  });

  function run(argv: string[], change: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [bin, ...argv], { cwd: here, encoding: 'utf8', env: env(change), input: '' });
  }

  /** A machine without a person's settings: a name for commits, and no package manager around us. */
  function env(change: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { npm_execpath: _, npm_config_user_agent: __, ...rest } = process.env;
    const person = {
      GIT_AUTHOR_NAME: 'Ann',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.org',
      GIT_COMMITTER_EMAIL: 'ann@example.org',
    };
    return { ...rest, ...person, GIT_CONFIG_GLOBAL: os.devNull, GIT_CONFIG_NOSYSTEM: '1', HOME: root, ...change };
  }

  function program(name: string, script: string): void {
    const folder = path.join(root, 'programs');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, name), `#!${process.execPath}\n${script}\n`, { mode: 0o755 });
  }

  function fakePath(): NodeJS.ProcessEnv {
    return { PATH: `${path.join(root, 'programs')}${path.delimiter}${process.env.PATH}` };
  }

  function inGit(folder: string, ...args: string[]): SpawnSyncReturns<string> {
    return spawnSync('git', args, { cwd: folder, encoding: 'utf8', env: env({}) });
  }

  function listing(): string[] {
    return (fs.readdirSync(here, { recursive: true }) as string[]).sort();
  }
});
