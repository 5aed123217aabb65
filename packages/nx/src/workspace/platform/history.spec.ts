// The platform's own Dockerfiles, at four points of its history. They are not part of this repository.
import { builtPlatformImages, clonedRepositories, DEFAULT_PLATFORM } from '@kdcube/release/internal';
import { silentLog } from '../../system/log';
import { contextFiles, missingFiles, readPlatformContext } from './context';

/** A clone of kdcube/kdcube with its history. */
const CLONE = process.env.KDCUBE_PLATFORM_CLONE;

jest.setTimeout(120_000);

(CLONE === undefined ? describe.skip : describe)('the images of the platform', () => {
  const entrypoint = 'deployment/docker/all_in_one/docker-entrypoint.sh';
  const proxyConfig = 'deployment/docker/custom-ui-managed-infra/nginx/conf/nginx_proxy.conf';

  test.each([
    [
      '798742970',
      '2026.3.1',
      {
        'kdcube-chat-ingress': [`58: ${entrypoint}`],
        'kdcube-chat-proc': [`73: ${entrypoint}`],
        'kdcube-metrics': [`49: ${entrypoint}`],
        'kdcube-web-proxy': [`7: ${proxyConfig}`],
      },
    ],
    ['95de507d3', '2026.3.3', { 'kdcube-metrics': [`49: ${entrypoint}`], 'kdcube-web-proxy': [`7: ${proxyConfig}`] }],
    ['eefe18532', '2026.8.12', {}],
    ['0a2b187f1', '2026.8.12', {}],
  ] as const)('at %s copy what is there, and nothing is needed but what they copy', async (commit, generation, expected) => {
    const store = { context: { cwd: CLONE! } };
    const images = builtPlatformImages({ platform: { repo: 'kdcube', ref: commit, build: {} }, generation });
    const missing: Record<string, string[]> = {};
    for (const image of images) {
      const found = await readPlatformContext(store, commit, image, silentLog);
      const lines = missingFiles(found, image.args, DEFAULT_PLATFORM).map(({ line, absent }) => `${line}: ${absent}`);
      if (lines.length > 0) missing[image.name] = lines;
      expect(contextFiles(found, image).length).toBeLessThan(found.entries.length);
      const clones = clonedRepositories(found.text, found.file, { args: image.args, platform: DEFAULT_PLATFORM });
      expect(clones.map(({ url, branch }) => `${url} ${branch}`)).toEqual(
        image.name === 'proxylogin' ? ['https://github.com/CrackUp89/ProxyLogin.git master'] : [],
      );
    }
    expect(missing).toEqual(expected);
  });
});
