import { readRelease } from '@kdcube/release/internal';
import { writeJson } from '@nx/devkit';
import { emptyWorkspace, expectTwiceIsOnce, problemsOf, workspaceWithRelease } from '../../../testing/generators/workspace';
import releaseGenerator from './generator';

const read = (text: string) => readRelease(text, 'release.yaml');

describe('release', () => {
  it('writes a release.yaml that an editor checks and that lacks nothing but bundles', async () => {
    const tree = emptyWorkspace();
    await expectTwiceIsOnce(tree, () => releaseGenerator(tree, { platformRef: '2026.7.20.444', name: 'prod "1"' }));
    const text = tree.read('release.yaml', 'utf-8')!;
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./node_modules/@kdcube/nx/dist/release.schema.json');
    const { release, problems } = read(text);
    expect(release).toMatchObject({ name: 'prod "1"', platform: { repo: 'kdcube-ai-app', ref: '2026.7.20.444' }, bundles: [] });
    expect(problems).toEqual([]);
    expect(text).not.toMatch(/\n\n\n|[ \t]\n/);
  });

  it.each([
    ['acme', 'acme-1'],
    ['@acme/bot shop', 'bot-shop-1'],
    ['', 'release-1'],
    ['.', 'release-1'],
  ])('calls the first release of the package %j %j', async (name, expected) => {
    const tree = emptyWorkspace();
    writeJson(tree, 'package.json', { name });
    await releaseGenerator(tree, { platformRef: '2026.7.20.444' });
    expect(read(tree.read('release.yaml', 'utf-8')!)).toMatchObject({ problems: [], release: { name: expected } });
  });

  it('needs the platform for a new one, and refuses one that the platform never published', async () => {
    const tree = emptyWorkspace();
    expect(await problemsOf(tree, () => releaseGenerator(tree, {}))).toContain('wrong-option');
    for (const platformRef of ['main', '--upload-pack=x', 'a b', 'x\0y', 'nightly build']) {
      const fresh = emptyWorkspace();
      await expect(releaseGenerator(fresh, { platformRef })).rejects.toThrow(/mutable-ref|unsafe-ref|platform-ref/);
    }
    await expect(releaseGenerator(emptyWorkspace(), { platformRef: '1.0', platformRepo: 'ext::sh -c x' })).rejects.toThrow(
      'unsafe-url',
    );
  });

  it('moves a release that is there, and keeps its comments', async () => {
    const tree = emptyWorkspace();
    const text = `# ours\nplatform: # which\n  ref: '2026.7.1' # pinned by Ann\nbundles:\n  items: [{id: a}]\n`;
    tree.write('release.yaml', text);
    await releaseGenerator(tree, {});
    expect(tree.read('release.yaml', 'utf-8')).toBe(text);
    await expectTwiceIsOnce(tree, () => releaseGenerator(tree, { platformRef: '2026.7.20.444', name: 'v1' }));
    expect(tree.read('release.yaml', 'utf-8')).toBe(
      `# ours\nrelease_name: "v1"\n\nplatform: # which\n  ref: '2026.7.20.444' # pinned by Ann\nbundles:\n  items: [{id: a}]\n`,
    );
    await releaseGenerator(tree, { name: 'v2' });
    expect(read(tree.read('release.yaml', 'utf-8')!).release?.name).toBe('v2');
  });

  it('gives a name to the release.yaml that it wrote itself', async () => {
    const tree = await workspaceWithRelease();
    await expectTwiceIsOnce(tree, () => releaseGenerator(tree, { name: 'v1' }));
    expect(read(tree.read('release.yaml', 'utf-8')!).release?.name).toBe('v1');
  });

  it('explains a release.yaml that it cannot change, and leaves it', async () => {
    for (const [text, code] of [
      ['a: [', 'yaml-syntax'],
      ['- a\n', 'list-form'],
      ['bundles:\n  items: []\n', 'missing-key'],
      ['platform: {ref: "1.0"}\n', 'mutable-ref'],
    ] as const) {
      const tree = emptyWorkspace();
      tree.write('release.yaml', text);
      expect(await problemsOf(tree, () => releaseGenerator(tree, { platformRef: 'main' }))).toContain(code);
    }
    const binary = emptyWorkspace();
    binary.write('release.yaml', Buffer.from([0xff, 0xfe, 0x61, 0x00]));
    await expect(releaseGenerator(binary, { platformRef: '1.0' })).rejects.toThrow('not-text');
  });

  it('refuses an option that it does not have', async () => {
    await expect(releaseGenerator(emptyWorkspace(), { platformref: '1.0' } as never)).rejects.toThrow('wrong-option');
  });
});
