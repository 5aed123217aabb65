import type { Environment, Generation } from '@kdcube/release/internal';
import { type Double, putImage, registryDouble } from '../../testing/registry-kit';
import { silentLog } from '../system/log';
import { describeStaleEnvironments } from './stale-environments';

let registry: Double;
let images: Record<string, string>;
beforeAll(async () => {
  registry = await registryDouble();
  const put = async (tag: string, ...env: unknown[]) =>
    `${registry.host}/acme/proc@${await putImage(registry.host, 'acme/proc', tag, tag, undefined, undefined, env)}`;
  images = {
    eleven: await put('eleven', 'PATH=/bin', 'PYTHON_VERSION=3.11.9'),
    patched: await put('patched', 'PYTHON_VERSION=3.11.10'),
    twelve: await put('twelve', 'PYTHON_VERSION=3.12.3'),
    hostile: await put('hostile', 7, 'PYTHON_VERSION=3.12.3'),
    silent: await put('silent', 'PYTHON_VERSION=latest'),
  };
});
afterAll(() => registry.close());

function describeChange(before: string | undefined, after: string, options: { env?: object; generation?: Generation } = {}) {
  const service = { name: 'chat-proc', architecture: 'amd64', env: options.env ?? {} };
  const step = { service: 'chat-proc', component: 'proc', image: { ...(before !== undefined && { before }), after } };
  return describeStaleEnvironments(
    { services: [service] } as unknown as Environment,
    [step],
    options.generation ?? '2026.8.18',
    silentLog,
  );
}

test('another Python: the plan names the folder that keeps the old one', async () => {
  expect(await describeChange(images.eleven, images.twelve!)).toEqual([
    expect.stringMatching(
      /Python of chat-proc changes from 3\.11 to 3\.12\. .* rm -rf \/managed-bundles\/_bundle_storage\/_bundle_venvs$/,
    ),
  ]);
  const env = { BUNDLE_STORAGE_ROOT: 'file:///efs/bundles' };
  expect((await describeChange(images.eleven, images.twelve!, { env }))[0]).toMatch(/rm -rf \/efs\/bundles\/_bundle_venvs$/);
});

test.each([
  ['the same image', () => [images.eleven, images.eleven]],
  ['another patch release', () => [images.eleven, images.patched]],
  ['a Python that the image does not name', () => [images.eleven, images.silent]],
  ['an image with a hostile config', () => [images.eleven, images.hostile]],
  ['nothing runs', () => [undefined, images.twelve]],
  ['an image that is gone', () => [`${registry.host}/acme/proc@sha256:${'0'.repeat(64)}`, images.twelve]],
  ['no reference', () => ['::', images.twelve]],
] as const)('no note: %s', async (_, pair) => {
  const [before, after] = pair();
  expect(await describeChange(before, after!)).toEqual([]);
});

test('no note on a platform without @venv, and no request to another registry', async () => {
  expect(await describeChange(images.eleven, images.twelve!, { generation: '2026.3.3' })).toEqual([]);
  const asked = registry.journal.length;
  expect(await describeChange(`other.example/acme/proc@sha256:${'1'.repeat(64)}`, images.twelve!)).toEqual([]);
  expect(registry.journal.length).toBe(asked);
});
