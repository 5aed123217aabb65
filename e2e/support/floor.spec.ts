// Tests of the helpers of the other suites: if one fails, other results mean nothing.
import fs from 'node:fs';
import path from 'node:path';
import { freshPrefix, loadInImage, outputOf, pushPlatform, testWithEngine } from './engine';
import { gitRepo } from './git';
import { bareNpm, publish } from './npm';
import { once } from './once';
import { makeWorkspace, plainWorkspace } from './workspace';
import { cleanEnv, freshFolder, must, run } from './run';

test('once() runs one time, and repeats a failure', async () => {
  let made = 0;
  const make = async (): Promise<number> => (made += 1);
  expect([await once('floor-once', make), await once('floor-once', make), made]).toEqual([1, 1, 1]);
  const fail = (): Promise<never> => Promise.reject(new Error('no such thing'));
  await expect(once('floor-fail', fail)).rejects.toThrow('no such thing');
  await expect(once('floor-fail', make)).rejects.toThrow('"floor-fail" could not be created');
});

test('runs a program without a terminal, input and our own settings', async () => {
  const script =
    'process.stdin.resume().on("end", () => { console.log(process.stdout.isTTY, process.env.npm_command, process.env.JEST_WORKER_ID, process.env.CI); process.exit(3) })';
  const ran = await run(process.execPath, ['-e', script]);
  expect([ran.exitCode, ran.stdout.trim()]).toEqual([3, 'undefined undefined undefined true']);
  expect(Object.keys(cleanEnv()).filter((name) => /^(npm_|NX_CLOUD|KD_)/.test(name))).toEqual([]);
});

test('the same calls create the same commits', () => {
  const make = (): string[] => {
    const repo = gitRepo(freshFolder('repo'), {
      'a.txt': 'a\n',
      'run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
      link: { symlink: 'a.txt' },
    });
    const first = repo.tag('v1', { annotated: true });
    return [first, repo.commit('second', { 'a.txt': null, 'b/c.txt': 'c' }), repo.git('ls-tree', '-r', 'HEAD')];
  };
  const once = make();
  expect(once).toEqual(make());
  expect(once[2]).toMatch(/^100644 blob \w+\tb\/c.txt\n120000 blob \w+\tlink\n100755 blob \w+\trun.sh$/);
});

test('installs a package of the local registry, with a dependency from the machine’s own registry', async () => {
  const npm = await bareNpm();
  const source = freshFolder('package');
  fs.writeFileSync(
    path.join(source, 'package.json'),
    JSON.stringify({ name: 'plain-floor', version: '1.2.3', dependencies: { yaml: '^2.8.0' } }),
  );
  fs.writeFileSync(path.join(source, 'index.js'), 'module.exports = require("yaml").parse("a: 1").a;');
  await publish(npm, source);
  const target = freshFolder('install');
  await must('npm', ['install', '--prefix', target, 'plain-floor@1.2.3'], { cwd: target, env: npm.env });
  expect((await must(process.execPath, ['-p', 'require("plain-floor")'], { cwd: target })).stdout.trim()).toBe('1');
});

test('creates a workspace once and copies it: each copy has its own nx, commits and cache', async () => {
  const options = { npm: bareNpm, key: 'plain', create: plainWorkspace('24.0.6', []) };
  const [one, two] = [await makeWorkspace(options), await makeWorkspace(options)];
  expect((await one.mustNx('--version')).stdout).toMatch(/Local: v24\.0\.6/);
  one.commit('a project', { 'app/project.json': '{"name":"app","targets":{"hello":{"command":"echo hello"}}}' });
  const ran = await one.nx(['run', 'app:hello']);
  expect([ran.exitCode, ran.stdout.includes('hello')]).toEqual([0, true]);
  const refused = await two.nx('run app:hello');
  expect([refused.exitCode, refused.output]).toEqual([1, expect.stringContaining("Cannot find project 'app'")]);
  expect(one.env.KDCUBE_CACHE_DIR).not.toBe(two.env.KDCUBE_CACHE_DIR);
  expect([one.git('status', '--porcelain'), two.git('status', '--porcelain')]).toEqual(['', '']);
});

test('npm create kdcube creates a committed workspace from the published packages', async () => {
  const workspace = await makeWorkspace();
  expect(workspace.git('status', '--porcelain')).toBe('');
  expect(workspace.json('node_modules/@kdcube/nx/package.json')).toMatchObject({ name: '@kdcube/nx' });
  const projects = JSON.parse((await workspace.mustNx('show projects --json')).stdout) as string[];
  expect(projects).toContain('release');
});

testWithEngine('an image built on the stand-in platform is pushed and its bundle imports in a container', async (engine) => {
  const prefix = freshPrefix(engine);
  const digests = await pushPlatform(engine, prefix, '1.0.0');
  expect(await pushPlatform(engine, prefix, '1.0.0')).toEqual(digests);
  expect(await pushPlatform(engine, prefix, '1.0.1')).not.toEqual(digests);

  const context = freshFolder('image');
  gitRepo(context, {
    Dockerfile: `FROM ${prefix}/kdcube-chat-proc:1.0.0@${digests['kdcube-chat-proc']}\nCOPY bundles /bundles\nENV AGENTIC_BUNDLES_ROOT=/bundles\n`,
    'bundles/one/entrypoint.py': [
      'from kdcube_ai_app.infra.plugin.agentic_loader import agentic_workflow',
      'from .words import HELLO',
      '@agentic_workflow(name="one")',
      'class One:',
      '    def __init__(self, config): pass',
      '    async def run(self, **payload): return {"final_answer": f"{HELLO} {payload[\'text\']}"}',
    ].join('\n'),
    'bundles/one/words.py': 'HELLO = "hello"\n',
  });
  const image = `${prefix}/kdcube-chat-proc-bundled:1`;
  await must('docker', ['buildx', 'build', '--push', '-t', image, context], engine);
  const entries = [{ id: 'one', path: '/bundles', module: 'one.entrypoint' }];
  for (const era of ['seed', 'head'] as const) {
    const { one } = await loadInImage(engine, image, { era, entries, run: { text: 'you' } });
    expect(one).toMatchObject({
      ok: true,
      entrypoint: 'One',
      file: '/bundles/one/entrypoint.py',
      result: { final_answer: 'hello you' },
    });
  }
  const env = { AGENTIC_BUNDLES_JSON: JSON.stringify({ bundles: { one: { path: '/bundles', module: 'one.entrypoint' } } }) };
  expect(await loadInImage(engine, image, { era: 'seed', env })).toMatchObject({ one: { ok: true } });
  expect((await outputOf(engine, [image, 'id', '-un'])).trim()).toBe('appuser');
});
