import { spawn, spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

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
    const bundler = pathToFileURL(path.join(__dirname, '../../../tools/bundle-package.mjs')).href;
    const code = `import(${JSON.stringify(bundler)}).then((tool) => tool.bundleProgram(${JSON.stringify(dist)}))`;
    const bundled = spawnSync(process.execPath, ['-e', code], {
      cwd: path.join(__dirname, '..'),
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect([bundled.status, bundled.stderr]).toEqual([0, '']);
    if (git) makePlatform();
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
    ['a folder with an invalid package.json', ['full', ...REF], 'file-error'],
    ['a file', ['file', ...REF], 'already-exists'],
    ['an invalid name', ['@@@', ...REF], 'unsafe-name'],
    ['a name with a line break', ['a\nb', ...REF], 'unsafe-name'],
    ['a name of 300 characters', ['a'.repeat(300), ...REF], 'unsafe-name'],
    ['an empty name', ['', ...REF], 'unsafe-name'],
    ['no name', REF, 'wrong-option'],
    ['no platform', ['acme'], 'wrong-option'],
    ['an invalid registry', ['acme', ...REF, '--registry', 'https://ghcr.io/acme'], 'registry-name'],
    ['a file of --from that is not there', ['acme', '--from', 'gone.yaml'], 'file-missing'],
    ['a wrong tarball', ['acme', ...REF, '--plugin', 'file:what.tgz'], 'wrong-option'],
    ['a folder below a file', ['file/acme', ...REF], 'file-error'],
  ])('refuses %s with one problem, and changes nothing', (_, argv, code) => {
    fs.mkdirSync(path.join(here, 'full'));
    fs.writeFileSync(path.join(here, 'full/package.json'), 'mine');
    fs.writeFileSync(path.join(here, 'file'), 'mine');
    const { status, stderr, stdout } = run([...argv, '--skip-install', '--skip-git']);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^\\[${code}\\]\n`));
    expect(stderr).toMatch(/\n1 problem\. No file or folder was created or changed\.\n$/);
    expect(listing()).toEqual(['file', 'full', 'full/package.json']);
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

  describe('a folder with content', () => {
    const ENTRYPOINT =
      'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow\n\n@agentic_workflow(name="x")\nclass X:\n    pass\n';

    /** A package manager that installs an Nx whose generator writes what the real one would, or fails. */
    function fakeInstall(generator = ''): void {
      const bin = `const fs = require('fs'); fs.writeFileSync('args.json', JSON.stringify(process.argv.slice(2))); ${generator}`;
      program(
        'npm',
        `const fs = require('fs'); fs.mkdirSync('node_modules/nx', { recursive: true }); fs.mkdirSync('packages/a/node_modules', { recursive: true });
         fs.writeFileSync('package-lock.json', '{}'); fs.writeFileSync('node_modules/nx/package.json', '{"bin": {"nx": "bin.js"}, "version": "24.0.6"}');
         fs.writeFileSync('node_modules/nx/bin.js', ${JSON.stringify(bin)});`,
      );
    }

    function repository(): void {
      write({
        'package.json': '{\n    "name": "shop",\n    "workspaces": ["packages/*"]\n}\n',
        'packages/a/package.json': '{"name": "a"}',
        'bundles/x/entrypoint.py': ENTRYPOINT,
        'ops/Dockerfile_ExecBundled': 'FROM a\nRUN x\nCOPY ./bundles /bundles\n',
        'ops/compose.yaml': 'services: {}\n',
        '.gitignore': 'node_modules\n',
      });
      inGit(here, 'init', '--quiet');
      inGit(here, 'add', '--all');
      inGit(here, 'commit', '--quiet', '--message', 'ours');
    }

    withGit('prints the plan before it writes, and with --dry-run writes nothing', () => {
      repository();
      const { status, stdout } = run(['.', ...REF, '--dry-run']);
      expect([status, stdout]).toEqual([
        0,
        [
          'create   nx.json, package-lock.json, release.yaml, images/kdcube-chat-proc-bundled/Dockerfile_ChatProcBundled',
          'change   package.json, .gitignore',
          'install  @kdcube/nx 0.1.0, nx 24.0.6, with npm',
          'bundle   bundles/x',
          'image    kdcube-exec-bundled, from ops/Dockerfile_ExecBundled',
          'Nothing was created or changed (--dry-run).',
          '',
        ].join('\n'),
      ]);
      expect(inGit(here, 'status', '--porcelain', '--ignored').stdout).toBe('');
    });

    withGit('installs, runs the generator, and commits nothing', () => {
      repository();
      fakeInstall();
      const { status, stdout } = run(['.', ...REF, '--registry', 'ghcr.io/acme'], fakePath());
      expect(status).toBe(0);
      expect(JSON.parse(read('args.json'))).toEqual([
        'g',
        '@kdcube/nx:init',
        '--platformRef=2026.7.20.444',
        '--registry=ghcr.io/acme',
        '--no-interactive',
      ]);
      expect(JSON.parse(read('package.json'))).toMatchObject({ name: 'shop', devDependencies: { '@kdcube/nx': '0.1.0' } });
      expect(read('package.json')).toContain('\n    "name"');
      expect(stdout).toMatch(
        / {2}npx nx run release:import-compose --environment=host --dir=ops {4}#[^]*npx nx run-many -t docker-push\n$/,
      );
      expect(inGit(here, 'log', '--format=%s').stdout).toBe('ours\n');
    });

    withGit('leaves everything as it was when the install or the generator fails', () => {
      for (const generator of [
        'process.exit(3)',
        `fs.mkdirSync('images/kdcube-chat-proc-bundled', { recursive: true }); fs.writeFileSync('images/kdcube-chat-proc-bundled/Dockerfile_ChatProcBundled', 'x'); fs.writeFileSync('nx.json', '{}'); process.exit(3)`,
      ]) {
        fs.rmSync(here, { recursive: true });
        fs.mkdirSync(here);
        repository();
        fakeInstall(generator);
        const before = listing();
        const { status, stderr } = run(['.', ...REF], fakePath());
        expect([status, stderr]).toEqual([
          1,
          expect.stringMatching(/nx g @kdcube\/nx:init failed with exit code 3\.[^]*All files are as they were\.\n$/),
        ]);
        expect(listing().filter((file) => file !== 'args.json' && !file.startsWith('.git/'))).toEqual(
          before.filter((file) => !file.startsWith('.git/')),
        );
        fs.rmSync(path.join(here, 'args.json'));
        expect(inGit(here, 'status', '--porcelain', '--ignored').stdout).toBe('');
      }
    });

    withGit('asks about uncommitted changes: refuses them in a script, unless it is told', () => {
      repository();
      write({ 'new.txt': 'x' });
      const refused = run(['.', ...REF]);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/\[not-committed\][^]*\(new\.txt\)[^]*--allow-dirty/),
      ]);
      expect(run(['.', ...REF, '--allow-dirty', '--skip-install']).status).toBe(0);
      expect(fs.existsSync(path.join(here, 'nx.json'))).toBe(true);
    });

    withGit.each(['detached', 'shallow'])('sets up a %s clone', (kind) => {
      repository();
      const origin = path.join(root, `origin-${kind}`);
      fs.renameSync(here, origin);
      const depth = kind === 'shallow' ? ['--depth', '1'] : [];
      spawnSync('git', ['clone', '--quiet', ...depth, `file://${origin}`, here], { env: env({}) });
      if (kind === 'detached') inGit(here, 'checkout', '--quiet', '--detach');
      expect(run(['.', ...REF, '--skip-install']).status).toBe(0);
      expect(inGit(here, 'status', '--porcelain').stdout).toBe(' M package.json\n?? nx.json\n');
    });

    withGit('starts a git repository without a commit where there is none', () => {
      write({ 'bundles/x/entrypoint.py': ENTRYPOINT });
      const { status, stdout } = run(['.', ...REF, '--skip-install']);
      expect([status, stdout]).toEqual([0, expect.stringContaining('create   a git repository, without a commit')]);
      expect(inGit(here, 'log').status).toBe(128);
    });

    withGit('does nothing in a folder that has everything', () => {
      repository();
      write({
        'package.json': '{"devDependencies": {"@kdcube/nx": "0.1.0", "nx": "24.0.6"}}',
        'nx.json': '{"plugins": [{"plugin": "@kdcube/nx", "options": {"images": {}}}]}',
        'node_modules/@kdcube/nx/package.json': '{}',
        'release.yaml': 'platform: {ref: "2026.7.20.444"}\nbundles: {items: []}\n',
        '.gitignore': 'node_modules\n/dist\n/.nx/*\n!/.nx/nxw.js\n__pycache__\n*.pyc\n.env*\n!.env.example\n',
      });
      const { status, stdout } = run(['.']);
      expect([status, stdout]).toEqual([0, 'Nothing to do: . has everything already.\n']);
    });

    withGit('writes release.yaml from --from, and names what it leaves out, before anything is installed', () => {
      repository();
      write({
        'ops/a.yaml': 'context: {}\nplatform: {ref: "2026.7.20.444"}\n',
        'ops/b.yaml': 'bundles: {items: [{id: x, path: /bundles}]}\n',
      });
      const argv = ['.', '--from', 'ops/a.yaml', '--from', 'ops/b.yaml', '--skip-install', '--allow-dirty'];
      const { status, stdout } = run(argv);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/^not in release\.yaml {2}ops\/a\.yaml: context: /)]);
      expect(read('release.yaml')).toMatch(/release_name: "shop-1"[^]*ref: "2026\.7\.20\.444"[^]*- id: "x"/);
      expect(run(argv).status).toBe(0);
      write({ 'release.yaml': `${read('release.yaml')}# ours\n` });
      expect(run(argv).stderr).toContain('[already-exists]');
    });

    it.each([
      ['Yarn Plug’n’Play', { 'yarn.lock': '__metadata:\n', 'package.json': '{}' }, /nodeLinker: node-modules/],
      ['an Nx that is too old', { 'package.json': '{"devDependencies": {"nx": "21.4.0"}}' }, /Nx 21\.4\.0[^]*nx migrate/],
      ['a package.json that is none', { 'package.json': '[1]' }, /package\.json is not a JSON object/],
    ])('refuses %s, and changes nothing', (_, files, message) => {
      write(files);
      const before = listing();
      const { status, stderr, stdout } = run(['.', ...REF, '--skip-git']);
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(message)]);
      expect(listing()).toEqual(before);
    });

    it('refuses another Nx than the one that is there', () => {
      write({ 'package.json': '{"devDependencies": {"nx": "23.1.0"}}' });
      expect(run(['.', ...REF, '--nx-version', '24.0.6']).stderr).toMatch(/this workspace has Nx 23\.1\.0/);
    });
  });

  withGit('refuses a platform version that was never published before it installs, and goes on where it cannot ask', () => {
    program('npm', `console.error('installed'); process.exit(7);`);
    const wrong = run(['acme', '--platform-ref', '2026.7.20.445', '--skip-git'], fakePath());
    expect([wrong.status, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/\[platform-ref\][^]*The newest are 2026\.08\.19\.120, 2026\.7\.20\.444\./),
    ]);
    expect(listing()).toEqual([]);
    for (const change of [
      { args: ['--skip-ref-check'], env: {} },
      { args: [], env: { GIT_CONFIG_KEY_0: 'url.file:///nowhere.insteadOf' } },
    ]) {
      const ran = run(['acme', '--platform-ref', '2026.7.20.445', '--skip-git', ...change.args], {
        ...fakePath(),
        ...change.env,
      });
      expect([ran.stdout.includes('is not checked'), ran.stderr]).toEqual([
        change.args.length === 0,
        expect.stringContaining('npm install failed'),
      ]);
    }
  });

  /** A stand-in for the platform's repository, with two versions. */
  function makePlatform(): void {
    const platform = path.join(root, 'platform');
    fs.mkdirSync(platform);
    inGit(platform, 'init', '--quiet');
    inGit(platform, 'commit', '--quiet', '--allow-empty', '--message', 'x');
    for (const tag of ['2026.7.20.444', '2026.08.19.120', 'v0.3.2']) inGit(platform, 'tag', tag);
  }

  function write(files: Record<string, string>): void {
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(here, file)), { recursive: true });
      fs.writeFileSync(path.join(here, file), text);
    }
  }

  function read(file: string): string {
    return fs.readFileSync(path.join(here, file), 'utf8');
  }

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
    // git asks the stand-in for the platform's repository.
    const platform = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${root}/platform.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/kdcube/kdcube.git',
    };
    return { ...rest, ...person, ...platform, GIT_CONFIG_GLOBAL: os.devNull, GIT_CONFIG_NOSYSTEM: '1', HOME: root, ...change };
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
