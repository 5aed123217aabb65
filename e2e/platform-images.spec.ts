// The platform's published images on a real registry: pinned by nx sync, copied by docker-push with the same digests, and found there afterwards.
import fs from 'node:fs';
import path from 'node:path';
import { freshPrefix, testWithEngine } from './support/engine';
import { digestsOf } from './support/oci';
import { freshFolder, must } from './support/run';
import { makeWorkspace, PLATFORM_REF } from './support/workspace';

const IMAGES = [
  'kdcube-chat-ingress',
  'kdcube-chat-proc',
  'kdcube-metrics',
  'kdcube-postgres-setup',
  'kdcube-secrets',
  'kdcube-web-proxy',
  'kdcube-web-ui',
  'proxylogin',
  'py-code-exec',
];

testWithEngine(
  'nx sync pins the platform’s images, docker-push copies whole indexes once, and a second run finds them',
  async (engine) => {
    const [source, prefix] = [`${freshPrefix(engine)}/kdcube`, freshPrefix(engine)];
    const context = freshFolder('platform-image');
    fs.writeFileSync(
      path.join(context, 'Dockerfile'),
      'FROM scratch\nARG TARGETARCH\nARG IMAGE\nLABEL image=$IMAGE\nCOPY Dockerfile /$TARGETARCH\n',
    );
    const build = async (tag: string, platform: string, image: string) => {
      const args = ['buildx', 'build', '--push', '--provenance=false', `--platform=${platform}`, '--build-arg', `IMAGE=${image}`];
      await must('docker', [...args, '-t', tag, context], engine);
      return tag;
    };
    const arm64 = await build(`${source}/parts:arm64`, 'linux/arm64', 'any');
    for (const image of IMAGES) {
      const amd64 = await build(`${source}/parts:${image}`, 'linux/amd64', image);
      // web-ui is published for one architecture.
      const parts = image === 'kdcube-web-ui' ? [amd64] : [amd64, arm64];
      await must('docker', ['buildx', 'imagetools', 'create', '-t', `${source}/${image}:${PLATFORM_REF}`, ...parts], engine);
    }
    const workspace = await makeWorkspace();
    const env = { KDCUBE_REGISTRY: prefix };
    const release = workspace.read('release.yaml').replace(/^( +)(ref: .*)$/m, `$1$2\n$1registry: "${source}"`);
    workspace.write({ 'release.yaml': release });
    await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
    await workspace.mustNx('sync', { env });
    workspace.commit('mirror the platform', {});

    const published = IMAGES.filter((image) => fs.existsSync(path.join(workspace.dir, `pins/platform/${image}/pin.json`)));
    expect(published).toEqual(IMAGES);
    const pins = Object.fromEntries(
      IMAGES.map((image) => [
        image,
        workspace.json<{ digest: string; manifests: { platform: string }[] }>(`pins/platform/${image}/pin.json`),
      ]),
    );
    expect(pins['kdcube-metrics']!.manifests.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);

    const first = await workspace.mustNx('run-many -t docker-push', { env });
    expect(first.stdout).toContain(`mirrored from ${source}/kdcube-metrics`);
    for (const image of IMAGES) {
      expect(await digestsOf(`${prefix}/${image}`)).toEqual({ [PLATFORM_REF]: pins[image]!.digest });
    }
    await must('docker', ['pull', '--quiet', '--platform=linux/arm64', `${prefix}/kdcube-metrics:${PLATFORM_REF}`], engine);
    const second = await workspace.mustNx('run-many -t docker-push', { env });
    expect(second.stdout.match(/already in the registry: reused/g)).toHaveLength(IMAGES.length + 2);
  },
);
