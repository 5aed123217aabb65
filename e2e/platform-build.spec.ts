// platform.build: every image of the platform is built from its source by a real engine, and the images with bundles are built on them.
import fs from 'node:fs';
import path from 'node:path';
import { platformImages } from '@kdcube/release/internal';
import { sandbox } from '../packages/nx/testing/git-kit';
import { platformRepo } from '../packages/nx/testing/platform-kit';
import { type Engine, freshPrefix, outputOf, testWithEngine } from './support/engine';
import { digestsOf } from './support/oci';
import { freshFolder, must } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const NEWER = '2026.7.21.100';
const BUNDLED = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];

/** Its Dockerfile clones a repository, and the builds of this engine have no network. */
const EXCLUDED = 'proxylogin';
const PUSH = `run-many -t docker-push --exclude=${EXCLUDED}`;

/** The image that all Dockerfiles of the platform are based on here. */
async function pushBase(engine: Engine, reference: string): Promise<void> {
  const context = freshFolder('platform-base');
  fs.copyFileSync(engine.pythonRoot, path.join(context, 'python-root.tar'));
  const dockerfile = 'FROM scratch\nADD python-root.tar /\nENV PATH=/usr/bin:/bin\n';
  fs.writeFileSync(path.join(context, 'Dockerfile'), dockerfile);
  await must('docker', ['buildx', 'build', '--push', '--provenance=false', '-t', reference, context], engine);
}

interface Receipt {
  how: string;
  digest: string;
  key: string;
}

const receipts = (workspace: Workspace, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, workspace.json<Receipt>(`dist/push/${name}/receipt.json`)]));

testWithEngine(
  'one release.yaml: all images are built, pushed and reused; after a bump, only what changed is built',
  async (engine) => {
    const box = sandbox();
    try {
      const prefix = freshPrefix(engine);
      await pushBase(engine, `${prefix}/python:3.12`);
      const platform = platformRepo(box, `${prefix}/python:3.12`, PLATFORM_REF);
      const workspace = await makeWorkspace();
      const env = { ...engine.env, KDCUBE_REGISTRY: `${prefix}/acme` };
      const text = workspace.read('release.yaml');
      workspace.write({
        'release.yaml': text
          .replace(/^( +)repo: .*$/m, `$1repo: "${platform.url}"`)
          .replace(/^( +)(ref: .*)$/m, '$1$2\n$1build: true'),
      });
      await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
      await workspace.mustNx('sync', { env });
      workspace.commit('build the platform', {});

      const names = [...platformImages(PLATFORM_REF).filter((name) => name !== EXCLUDED), ...BUNDLED];
      await workspace.mustNx(PUSH, { env });
      const first = receipts(workspace, names);
      expect(Object.values(first).map(({ how }) => how)).toEqual(names.map(() => 'built'));
      for (const name of names) {
        const tags = await digestsOf(`${prefix}/acme/${name}`);
        expect([name, new Set(Object.values(tags))]).toEqual([name, new Set([first[name]!.digest])]);
        expect(Object.keys(tags)).toContain(`c-${first[name]!.key}`);
        if (!BUNDLED.includes(name)) expect(Object.keys(tags)).toContain(PLATFORM_REF);
      }
      // What is in them: the files that a Dockerfile copies, and the bundle on top of the platform's files.
      const run = (name: string, ...command: string[]) =>
        outputOf(engine, ['--entrypoint', command[0]!, `${prefix}/acme/${name}@${first[name]!.digest}`, ...command.slice(1)]);
      expect(await run('kdcube-chat-ingress', 'cat', '/requirements.txt')).toBe('# chat-ingress\n');
      const listing = await run('kdcube-chat-proc-bundled', 'ls', '/docker-entrypoint.sh', '/bundles/my-bundle/entrypoint.py');
      expect(listing.split('\n')).toContain('/bundles/my-bundle/entrypoint.py');

      await workspace.mustNx(PUSH, { env });
      expect(Object.values(receipts(workspace, names)).map(({ how }) => how)).toEqual(names.map(() => 'reused'));

      // The newer ref changes the UI and a page of the documentation.
      platform.release(NEWER, { 'ui/chat-web-app/src/main.ts': 'export default 1;\n', 'docs/README.md': 'changed\n' });
      workspace.write({ 'release.yaml': workspace.read('release.yaml').replace(PLATFORM_REF, NEWER) });
      await workspace.mustNx('sync', { env });
      workspace.commit('bump the platform', {});
      await workspace.mustNx(PUSH, { env });
      const second = receipts(workspace, names);
      const changed = names.filter((name) => second[name]!.digest !== first[name]!.digest);
      // The ref is a label of the images with bundles.
      expect(changed).toEqual(['kdcube-web-ui', ...BUNDLED]);
      expect((await digestsOf(`${prefix}/acme/kdcube-metrics`))[NEWER]).toBe(first['kdcube-metrics']!.digest);
    } finally {
      box.end();
    }
  },
);
