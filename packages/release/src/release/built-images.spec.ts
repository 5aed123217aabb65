import { builtPlatformImages } from './built-images';
import { readRelease } from './read';

const REPO = 'https://git.example.com/kdcube.git';

function read(platform: string) {
  const { release, problems } = readRelease(`platform: {${platform}}\nbundles: {items: [{id: "a@1-0"}]}\n`, 'release.yaml');
  return { images: builtPlatformImages(release!), problems: problems.map(({ code, at }) => `${code} ${at?.path ?? ''}`) };
}

it('has the images of platform.ref with the Dockerfiles and arguments of the platform', () => {
  const { images, problems } = read(`repo: "${REPO}", ref: "2026.7.20.444", build: true`);
  expect(problems).toEqual([]);
  expect(images.map(({ name }) => name)).toHaveLength(9);
  expect(images[0]).toEqual({
    name: 'kdcube-chat-ingress',
    repo: REPO,
    ref: '2026.7.20.444',
    context: 'app/ai-app',
    dockerfile: 'deployment/docker/custom-ui-managed-infra/Dockerfile_Ingress',
    args: {},
  });
});

it('has other Dockerfiles and arguments where release.yaml has them', () => {
  const { images, problems } = read(
    `repo: "${REPO}", ref: "2026.7.20.444", build: true, images: {kdcube-web-ui: {dockerfile: "./ui//Dockerfile", args: {UI_SOURCE_PATH: ui/other}}}`,
  );
  expect(problems).toEqual([]);
  const image = images.find(({ name }) => name === 'kdcube-web-ui')!;
  expect(image.dockerfile).toBe('ui/Dockerfile');
  expect(image.args).toMatchObject({ UI_SOURCE_PATH: 'ui/other', NGINX_UI_CONFIG_FILE_PATH: expect.any(String) as string });
});

it('builds any tag or commit', () => {
  for (const ref of ['0123456789abcdef0123456789abcdef01234567', 'v1.2.3', 'customer-fork-7'])
    expect(read(`repo: "${REPO}", ref: "${ref}", build: true`).problems).toEqual([]);
});

it('has none without build', () => {
  expect(read(`repo: "${REPO}", ref: "2026.7.20.444"`).images).toEqual([]);
  expect(read(`repo: "${REPO}", ref: "2026.7.20.444", build: false`).images).toEqual([]);
});

test.each([
  [`repo: "${REPO}", ref: "2026.7.20.444", build: true, registry: docker.io/kdcube`, ['wrong-value platform.registry']],
  ['ref: "2026.7.20.444", build: true', ['missing-key platform']],
  [`repo: "${REPO}", ref: "2026.7.20.444", build: "yes"`, ['string-boolean platform.build']],
  [`repo: "${REPO}", ref: "2026.7.20.444", images: {proxylogin: {}}`, ['unknown-key platform.images']],
  [
    `repo: "${REPO}", ref: "2026.7.20.444", build: true, images: {kdcube-ingress: {}}`,
    ['unknown-image platform.images.kdcube-ingress'],
  ],
  [
    `repo: "${REPO}", ref: "2026.7.20.444", build: true, images: {proxylogin: {dockerfile: ../Dockerfile, x: 1}}`,
    ['unsafe-path platform.images.proxylogin.dockerfile', 'unknown-key platform.images.proxylogin.x'],
  ],
  [`repo: "${REPO}", ref: main, build: true`, ['mutable-ref platform.ref']],
])('reports what is wrong in {%s}', (platform, problems) => {
  expect(read(platform).problems.sort()).toEqual([...problems].sort());
});
