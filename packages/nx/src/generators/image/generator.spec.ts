import { parseNginx, pinBases, PLATFORM_REF_ARG, readDockerfile } from '@kdcube/release/internal';
import { logger } from '@nx/devkit';
import bundleGenerator from '../bundle/generator';
import { emptyWorkspace, expectTwiceIsOnce, problemsOf, workspaceWithRelease } from '../../../testing/generators/workspace';
import imageGenerator from './generator';

describe('image', () => {
  it.each([
    ['kdcube-chat-proc-bundled', 'Dockerfile_ChatProcBundled', 'kdcube-chat-proc'],
    ['kdcube-exec-bundled', 'Dockerfile_ExecBundled', 'py-code-exec'],
  ])('%s puts the bundles on the platform’s own image', async (name, dockerfile, base) => {
    const tree = emptyWorkspace();
    await expectTwiceIsOnce(tree, () => imageGenerator(tree, { name }));
    const file = `images/${name}/${dockerfile}`;
    expect(tree.children(`images/${name}`)).toEqual([dockerfile]);
    const text = tree.read(file, 'utf-8')!;
    const read = readDockerfile(text, file, { [PLATFORM_REF_ARG]: '2026.7.20.444' });
    expect(read.copiesBundles).toBe(true);
    expect(read.bases.map((found) => found.name)).toEqual([`\${KDCUBE_PLATFORM_REGISTRY}/${base}:2026.7.20.444`]);
    const pinned = pinBases(text, read.bases, new Map([[read.bases[0]!.name, 'registry.example/base@sha256:00']]));
    expect(pinned).toContain('\nFROM registry.example/base@sha256:00\n');
    expect(text).toContain('\nENV AGENTIC_BUNDLES_ROOT=/bundles BUNDLES_ROOT=/bundles\n');
    expect(text).not.toMatch(/^# *syntax/m);
  });

  it('kdcube-web-ui builds the frontend, and serves it', async () => {
    const tree = emptyWorkspace();
    jest.spyOn(logger, 'info').mockImplementation(() => undefined);
    await expectTwiceIsOnce(tree, () => imageGenerator(tree, { name: 'kdcube-web-ui' }));
    expect(tree.children('images/kdcube-web-ui').sort()).toEqual(['Dockerfile_UI', 'nginx.conf', 'start.sh']);
    const file = 'images/kdcube-web-ui/Dockerfile_UI';
    const read = readDockerfile(tree.read(file, 'utf-8')!, file, {});
    expect(read).toMatchObject({ copiesFrontend: true, copiesBundles: false });
    expect(read.bases.map((found) => found.name)).toEqual(['node:22-alpine', 'nginx:alpine']);
    const nginx = tree.read('images/kdcube-web-ui/nginx.conf', 'utf-8')!;
    parseNginx(nginx, 'nginx.conf');
    expect(nginx).toMatch(/location = \/config\.json \{\s+add_header Cache-Control no-store always;/);
  });

  it('kdcube-web-ui --bake copies config.json of an environment', async () => {
    const tree = emptyWorkspace();
    jest.spyOn(logger, 'info').mockImplementation(() => undefined);
    tree.write('environments/prod.yaml', 'target: compose\ntenant: alps\nproject: lifts\nservices: {}\n');
    await expectTwiceIsOnce(tree, () => imageGenerator(tree, { name: 'kdcube-web-ui', bake: 'prod' }));
    expect(JSON.parse(tree.read('images/kdcube-web-ui/config.json', 'utf-8')!)).toMatchObject({
      tenant: 'alps',
      project: 'lifts',
    });
    const file = 'images/kdcube-web-ui/Dockerfile_UI';
    expect(readDockerfile(tree.read(file, 'utf-8')!, file, {})).toMatchObject({ copiesFrontend: true, copiesConfig: true });
    const none = () => imageGenerator(tree, { name: 'ui-two', kind: 'web-ui', bake: 'nope' });
    expect(await problemsOf(tree, none)).toContain('nope');
    await imageGenerator(tree, { name: 'plain', kind: 'web-ui' });
    expect(await problemsOf(tree, () => imageGenerator(tree, { name: 'plain', kind: 'web-ui', bake: 'prod' }))).toContain(
      'already-exists',
    );
    const other = () => imageGenerator(tree, { name: 'kdcube-exec-bundled', bake: 'prod' });
    expect(await problemsOf(tree, other)).toContain('--bake belongs to the kind web-ui');
  });

  it('never overwrites: an edited Dockerfile stays, another image’s folder is refused', async () => {
    const tree = emptyWorkspace();
    await imageGenerator(tree, { name: 'kdcube-exec-bundled' });
    tree.write('images/kdcube-exec-bundled/Dockerfile_ExecBundled', 'FROM scratch\n');
    await imageGenerator(tree, { name: 'kdcube-exec-bundled' });
    expect(tree.read('images/kdcube-exec-bundled/Dockerfile_ExecBundled', 'utf-8')).toBe('FROM scratch\n');
    const other = () => imageGenerator(tree, { name: 'kdcube-exec-bundled', kind: 'chat-proc-bundled' });
    expect(await problemsOf(tree, other)).toContain('already-exists');
  });

  it('takes a name of the customer’s own with --kind, and asks for it otherwise', async () => {
    const tree = emptyWorkspace();
    expect(await problemsOf(tree, () => imageGenerator(tree, { name: 'acme-proc' }))).toContain('--kind=chat-proc-bundled');
    await imageGenerator(tree, { name: 'acme-proc', kind: 'chat-proc-bundled' });
    expect(tree.exists('images/acme-proc/Dockerfile_ChatProcBundled')).toBe(true);
  });

  it.each([
    '../x-exec-bundled',
    'Acme-exec-bundled',
    '-exec-bundled',
    'a b-exec-bundled',
    'release',
    'a/b-exec-bundled',
    `${'a'.repeat(300)}-exec-bundled`,
    'x\0-exec-bundled',
    '',
  ])('refuses the name %j', async (name) => {
    const tree = emptyWorkspace();
    expect(await problemsOf(tree, () => imageGenerator(tree, { name }))).toContain('wrong-option');
  });

  it('refuses the name of a bundle, and a folder that is a file', async () => {
    const tree = await workspaceWithRelease();
    await bundleGenerator(tree, { name: 'my-exec-bundled' });
    expect(await problemsOf(tree, () => imageGenerator(tree, { name: 'my-exec-bundled' }))).toContain('already-exists');
    const file = emptyWorkspace();
    file.write('images', 'x');
    expect(await problemsOf(file, () => imageGenerator(file, { name: 'kdcube-exec-bundled' }))).toContain('already-exists');
  });
});
