import { printSource, readWorkspace, requireRelease, sha256Of } from '@kdcube/release/internal';
import { type Sandbox, sandbox, write } from '../../testing/git-kit';
import { diskFiles } from './disk';
import { openEnvironment } from './environment';

const COPY = 'images/kdcube-web-proxy/nginx_proxy.conf';
const CONF =
  'http {\n  upstream web_ui { server web-ui:80; }\n  server { location / { proxy_set_header Host $host; proxy_pass http://web_ui; } }\n}\n';
const RELEASE = 'platform: {repo: "https://example.com/kdcube.git", ref: "2026.08.19.120"}\nbundles: {items: [{id: "hello"}]}\n';
const ENVIRONMENT = `target: compose
registry: registry.example/acme
tenant: acme
project: demo
compose: { directory: /opt/kdcube, project: kdcube }
proxy: {}
services:
  web-proxy: { component: web-proxy, image: "registry.example/acme/kdcube-web-proxy@sha256:${'a'.repeat(64)}" }
`;

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
  write(box.dir, { 'release.yaml': RELEASE, 'environments/host.yaml': ENVIRONMENT, 'bundles/hello/entrypoint.py': '' });
});
afterEach(() => box.end());

function copy(ref: string, content = CONF): void {
  const path = 'deployment/nginx_proxy.conf';
  const source = { source: 1, repo: 'x', ref, commit: 'c'.repeat(40), path, sha256: sha256Of(CONF) } as const;
  write(box.dir, { [COPY]: content, [`${COPY}.source.json`]: printSource(source) });
}

function open(withRelease = true) {
  const workspace = readWorkspace(diskFiles(box.dir));
  return openEnvironment({ root: box.dir, workspace, ...(withRelease && { release: requireRelease(workspace) }) }, 'host')
    .environment.proxy;
}

test('the configuration is derived from the copy when a release is opened', () => {
  copy('2026.08.19.120');
  expect(open()!.rendered).toMatchObject({
    path: '/usr/local/openresty/nginx/conf/nginx.conf',
    text: expect.stringContaining('proxy_pass http://$kdcube_web_ui;'),
  });
});

test.each([
  ['another platform.ref', () => copy('2026.08.18.243'), /proxy-stale/],
  ['an edit', () => copy('2026.08.19.120', `${CONF}# mine\n`), /proxy-stale/],
  ['no copy', () => undefined, /proxy-stale/],
])('%s is refused for a deploy; a rollback does not need it', (_, prepare, message) => {
  prepare();
  expect(() => open()).toThrow(message);
  expect(open(false)!.rendered).toBeUndefined();
});
