import { readRelease } from '@kdcube/release/internal';
import { logger, writeJson } from '@nx/devkit';
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

  const INPUTS = {
    'deploy/assembly.yaml': 'context: {tenant: acme}\nplatform: {repo: kdcube-ai-app, ref: "2026.7.20.444"}\n',
    'deploy/bundles.yaml': 'bundles: {items: [{id: a, repo: "git@example.com:a/b.git", ref: v1}]}\n',
  };
  const from = Object.keys(INPUTS);

  it('writes a release.yaml from other descriptions of it, names what is not in it, and writes nothing the second time', async () => {
    const tree = emptyWorkspace();
    for (const [file, text] of Object.entries(INPUTS)) tree.write(file, text);
    const logged: string[] = [];
    jest.spyOn(logger, 'info').mockImplementation((line: string) => void logged.push(line));
    const callback = await releaseGenerator(tree, { from });
    await callback!();
    expect(logged).toEqual([expect.stringMatching(/^not in release\.yaml {2}deploy\/assembly\.yaml: context: /)]);
    expect(read(tree.read('release.yaml', 'utf-8')!)).toMatchObject({
      problems: [],
      release: { name: 'source-1', platform: { ref: '2026.7.20.444' }, bundles: [{ id: 'a', ref: 'v1' }] },
    });
    await expectTwiceIsOnce(tree, () => releaseGenerator(tree, { from }));
    tree.write('release.yaml', `${tree.read('release.yaml', 'utf-8')!}# ours\n`);
    expect(await problemsOf(tree, () => releaseGenerator(tree, { from }))).toContain('already-exists');
  });

  it.each([
    ['no such file', ['deploy/assembly.yaml', 'gone.yaml'], 'file-missing: There is no file "gone.yaml"'],
    ['a folder', ['deploy'], 'file-missing'],
    ['a file outside the workspace', ['../x.yaml'], 'file-missing'],
    ['no platform version', ['deploy/bundles.yaml'], 'wrong-option: The inputs name no platform version'],
  ])('explains %s in --from', async (_, files, expected) => {
    const tree = emptyWorkspace();
    for (const [file, text] of Object.entries(INPUTS)) tree.write(file, text);
    expect(await problemsOf(tree, () => releaseGenerator(tree, { from: files }))).toContain(expected);
  });

  it('refuses an option that it does not have', async () => {
    await expect(releaseGenerator(emptyWorkspace(), { platformref: '1.0' } as never)).rejects.toThrow('wrong-option');
  });
});
