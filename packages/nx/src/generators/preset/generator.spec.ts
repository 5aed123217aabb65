import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeJson } from '@nx/devkit';
import { contents, emptyWorkspace, expectTwiceIsOnce, problemsOf } from '../../../testing/generators/workspace';
import presetGenerator from './generator';

describe('preset', () => {
  it('makes a customer repository of an empty workspace', async () => {
    const tree = emptyWorkspace();
    writeJson(tree, 'package.json', { name: 'acme', private: true });
    await expectTwiceIsOnce(tree, () => presetGenerator(tree, { platformRef: '2026.7.20.444', registry: 'ghcr.io/acme' }));
    const files = contents(tree);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        '.gitattributes',
        '.gitignore',
        'README.md',
        'images/kdcube-chat-proc-bundled/Dockerfile_ChatProcBundled',
        'images/kdcube-exec-bundled/Dockerfile_ExecBundled',
        'release.yaml',
      ]),
    );
    expect(files['README.md']).toMatch(/^# acme\n/);
    expect(JSON.parse(files['nx.json']!).plugins).toEqual([{ plugin: '@kdcube/nx', options: { registry: 'ghcr.io/acme' } }]);
  });

  it.each([
    ['pnpm-lock.yaml', 'pnpm install', 'pnpm nx sync'],
    ['yarn.lock', 'yarn install', 'yarn nx sync'],
    ['bun.lock', 'bun install', 'bunx nx sync'],
    ['package-lock.json', 'npm install', 'npx nx sync'],
  ])('writes a README for the package manager of %s', async (lockfile, install, sync) => {
    const tree = emptyWorkspace();
    tree.root = fs.mkdtempSync(path.join(os.tmpdir(), 'preset-'));
    fs.writeFileSync(path.join(tree.root, lockfile), '');
    await presetGenerator(tree, { platformRef: '2026.7.20.444' });
    fs.rmSync(tree.root, { recursive: true });
    const readme = tree.read('README.md', 'utf-8')!;
    expect(readme).toContain(`\n${install} `);
    expect(readme).toContain(`\n${sync} `);
  });

  it('writes over nothing, and stops before the first file where the platform is not known', async () => {
    const tree = emptyWorkspace();
    tree.write('README.md', '# ours\n');
    tree.write('.gitattributes', '*.bin binary\n');
    await presetGenerator(tree, { platformRef: '2026.7.20.444' });
    expect(tree.read('README.md', 'utf-8')).toBe('# ours\n');
    expect(tree.read('.gitattributes', 'utf-8')).toBe('*.bin binary\n');
    const empty = emptyWorkspace();
    expect(await problemsOf(empty, () => presetGenerator(empty, {}))).toContain('wrong-option');
  });
});
