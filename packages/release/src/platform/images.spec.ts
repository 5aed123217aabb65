import { platformImages } from './images';

const SEED = [
  'kdcube-chat-ingress',
  'kdcube-chat-proc',
  'kdcube-metrics',
  'kdcube-postgres-setup',
  'kdcube-web-proxy',
  'proxylogin',
  'py-code-exec',
];
const ALL = [...SEED, 'kdcube-secrets', 'kdcube-web-ui'].sort();

it.each([
  ['2026.3.3.100', SEED],
  ['2026.3.4.1715', SEED],
  ['2026.3.4.1716', [...SEED, 'kdcube-web-ui']],
  ['2026.3.7.326', [...SEED, 'kdcube-web-ui']],
  ['2026.3.8.351', ALL],
  ['2026.7.20.444', ALL],
  ['2026.08.19.120', ALL],
  ['2027.1.1', ALL],
  // Not a calendar version: a build of its own.
  ['main-build', ALL],
])('%s', (ref, images) => {
  expect(platformImages(ref)).toEqual([...images].sort());
});
