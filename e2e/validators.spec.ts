// Images of docker-push, read by other tools: skopeo, umoci, crane, podman, docker.
import fs from 'node:fs';
import path from 'node:path';
import { outputOf, testWithEngine } from './support/engine';
import { type Double, digestsOf, pushStandIns, readImage, registryDouble } from './support/oci';
import { read, testWithCrane, testWithPodman, testWithReaders } from './support/readers';
import { freshFolder, must } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const IMAGES = ['kdcube-chat-proc-bundled', 'kdcube-exec-bundled'];

interface Receipt {
  digest: string;
  key: string;
  repository: string;
}

let registry: Double;
let workspace: Workspace;
/** The receipts of the push to the registry. */
let receipts: Record<string, Receipt>;

beforeAll(async () => {
  registry = await registryDouble();
  await pushStandIns(registry.host, PLATFORM_REF);
  workspace = await makeWorkspace();
  const env = { KDCUBE_PLATFORM_REGISTRY: registry.host };
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  workspace.write({
    'bundles/my-bundle/run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
    'bundles/my-bundle/ä/link': { symlink: '../run.sh' },
  });
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle');
  await workspace.mustNx('run-many -t docker-push --format=docker-archive', { env });
  const read = () =>
    Object.fromEntries(IMAGES.map((image) => [image, workspace.json<Receipt>(`dist/push/${image}/receipt.json`)]));
  const exported = read();
  await workspace.mustNx(`run-many -t docker-push --registry=${registry.host}/sent`, { env });
  receipts = read();
  for (const image of IMAGES) expect(receipts[image]!.digest).toBe(exported[image]!.digest);
});

afterAll(() => registry.close());

const layout = (image: string): string => path.join(workspace.dir, 'dist/images', image);
const archive = (image: string): string => `${layout(image)}.tar`;
const named = (image: string): string => `${image}:c-${receipts[image]!.key}`;

interface Inspected {
  Digest: string;
  Labels: Record<string, string>;
  Layers: string[];
  Os: string;
  Architecture: string;
}

testWithReaders('skopeo inspects the layout and the registry: the same image', async () => {
  for (const image of IMAGES) {
    const { digest, key, repository } = receipts[image]!;
    for (const from of [['oci:' + layout(image)], ['--tls-verify=false', `docker://${repository}:c-${key}`]]) {
      const seen = JSON.parse(await read('skopeo', 'inspect', ...from)) as Inspected;
      expect(seen).toMatchObject({
        Digest: digest,
        Os: 'linux',
        Architecture: 'amd64',
        Labels: { 'io.kdcube.content-key': key },
      });
      const { manifest } = await readImage(repository, digest);
      expect(seen.Layers).toEqual(manifest.layers.map((layer) => layer.digest));
    }
  }
});

testWithReaders('skopeo copies the layout, the archive and the image in the registry, and verifies every digest', async () => {
  const [image] = IMAGES as [string];
  const { digest, key, repository } = receipts[image]!;
  const into = freshFolder('skopeo');
  const copy = async (name: string, ...from: string[]): Promise<string> => {
    await read('skopeo', '--insecure-policy', 'copy', '--quiet', ...from, `dir:${into}/${name}`);
    return read('skopeo', 'manifest-digest', `${into}/${name}/manifest.json`);
  };
  expect((await copy('layout', '--preserve-digests', `oci:${layout(image)}`)).trim()).toBe(digest);
  expect((await copy('registry', '--preserve-digests', '--src-tls-verify=false', `docker://${repository}:c-${key}`)).trim()).toBe(
    digest,
  );
  await copy('archive', `docker-archive:${archive(image)}`);
  const sizes = (name: string): number => fs.readdirSync(path.join(into, name)).length;
  expect([sizes('layout'), sizes('archive')]).toEqual([sizes('registry'), sizes('registry')]);
});

testWithReaders('umoci unpacks a layout with all files of the bundle', async () => {
  for (const image of IMAGES) {
    const into = path.join(freshFolder('umoci'), 'unpacked');
    await read('umoci', 'unpack', '--rootless', '--image', `${layout(image)}:c-${receipts[image]!.key}`, into);
    const bundle = path.join(into, 'rootfs/bundles/my-bundle');
    expect(fs.readFileSync(path.join(bundle, 'entrypoint.py'), 'utf8')).toBe(workspace.read('bundles/my-bundle/entrypoint.py'));
    expect((fs.statSync(path.join(bundle, 'run.sh')).mode & 0o777).toString(8)).toBe('755');
    expect(fs.readlinkSync(path.join(bundle, 'ä/link'))).toBe('../run.sh');
    expect(fs.existsSync(path.join(into, 'rootfs/etc/kdcube-stand-in'))).toBe(true);
  }
});

testWithCrane('crane validates the image in the registry, and the archive', async (crane) => {
  for (const image of IMAGES) {
    const { repository, key, digest } = receipts[image]!;
    expect(await crane('validate', '--remote', `${repository}:c-${key}`)).toContain('PASS');
    expect(await crane('validate', '--tarball', archive(image))).toContain('PASS');
    expect((await crane('digest', `${repository}:customer-main`)).trim()).toBe(digest);
  }
});

testWithPodman('podman loads a layout and an archive', async () => {
  const [image] = IMAGES as [string];
  for (const from of [`oci:${layout(image)}`, `docker-archive:${archive(image)}`])
    await must('podman', ['pull', '--quiet', from]);
});

testWithEngine('docker loads and runs the archive, which finds its bundle', async (engine) => {
  for (const image of IMAGES) {
    const { stdout } = await must('docker', ['load', '--input', archive(image)], engine);
    expect(stdout).toContain(named(image));
    try {
      expect(await outputOf(engine, [named(image)])).toContain('my-bundle');
    } finally {
      await must('docker', ['rmi', '--force', named(image)], engine);
    }
  }
});

test('the registry has exactly these tags', async () => {
  for (const image of IMAGES) {
    const { digest, key, repository } = receipts[image]!;
    const tags = [`c-${key}`, `customer-${workspace.head()}`, 'customer-main'];
    expect(await digestsOf(repository)).toEqual(Object.fromEntries(tags.map((tag) => [tag, digest])));
  }
});
