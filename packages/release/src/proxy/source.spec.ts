import { thrownProblem } from '../../testing/thrown-problem';
import { printSource, type ProxySource, readSource, requireCurrent, sha256Of } from './source';

const file = 'images/kdcube-web-proxy/nginx_proxy.conf';
const content = new TextEncoder().encode('http { } # ü\n');
const source: ProxySource = {
  source: 1,
  repo: 'https://github.com/kdcube/kdcube.git',
  ref: '2026.08.19.120',
  commit: 'c'.repeat(40),
  path: 'app/ai-app/deployment/docker/all_in_one_kdcube/nginx/conf/nginx_proxy.conf',
  sha256: sha256Of(content),
};
const copy = { file, content, source: printSource(source) };

test('the copy at platform.ref, byte for byte', () => {
  expect(readSource(printSource(source))).toEqual(source);
  expect(requireCurrent(copy, '2026.08.19.120')).toBe('http { } # ü\n');
});

test.each([
  ['no copy', { ...copy, content: undefined }, source.ref, /does not exist/],
  ['no source', { ...copy, source: undefined }, source.ref, /does not say which platform/],
  ['a source that is no JSON', { ...copy, source: '<<<<<<< ours' }, source.ref, /does not say which platform/],
  ['a source with another key', { ...copy, source: JSON.stringify({ ...source, extra: 1 }) }, source.ref, /does not say/],
  ['another platform', copy, '2026.08.20.1', /of the platform "2026\.08\.19\.120", and release\.yaml has "2026\.08\.20\.1"/],
  ['an edited copy', { ...copy, content: new TextEncoder().encode('http { }\n') }, source.ref, /was edited/],
] as const)('%s is refused with the command that copies it again', (_, input, ref, message) => {
  expect(thrownProblem(() => requireCurrent(input, ref))).toMatchObject({
    code: 'proxy-stale',
    message: expect.stringMatching(message),
    hint: 'nx g @kdcube/nx:image kdcube-web-proxy --config=nginx_proxy.conf',
    at: { file },
  });
});

test('bytes that are no text', () => {
  const bytes = new Uint8Array([0xff, 0x41]);
  const input = { file, content: bytes, source: printSource({ ...source, sha256: sha256Of(bytes) }) };
  expect(thrownProblem(() => requireCurrent(input, source.ref))).toMatchObject({ code: 'not-text' });
});
