import { healthPath } from './components';
import { generationOf, GENERATIONS, generations, isPep440, reservedBecause } from './generation';

test('generations are in the order of time', () => {
  const days = generations.map((name) =>
    name
      .split('.')
      .map(Number)
      .reduce((sum, part) => sum * 100 + part),
  );
  expect(days).toEqual([...days].sort((a, b) => a - b));
});

test.each([
  ['v0.3.2', '2026.3.1'],
  ['0.3', '2026.3.1'],
  ['2026.3.1', '2026.3.1'],
  ['2026.2.28.1', '2026.3.1'],
  ['2026.3.3', '2026.3.3'],
  ['2026.3.4.1716', '2026.3.3'],
  ['v2026.4.18', '2026.3.3'],
  ['2026.04.19', '2026.4.19'],
  ['2026.07.20.444', '2026.4.19'],
  ['2026.07.20-final', '2026.4.19'],
  ['2026.08.03.1350', '2026.4.19'],
  ['2026.08.11.2359', '2026.4.19'],
  ['2026.8.12', '2026.8.12'],
  ['2026.08.15.310', '2026.8.12'],
  // Of the day of the change, and published before it.
  ['2026.08.18.242', '2026.8.12'],
  ['2026.8.18.0242', '2026.8.12'],
  ['2026.08.18.1830', '2026.8.18'],
  ['2026.8.19', '2026.8.18'],
  ['2026.08.19.120', '2026.8.18'],
  ['2026.08.19.99999', '2026.8.18'],
  ['2026.10.1', '2026.8.18'],
  ['2027.1.1', '2026.8.18'],
  ['0123456789'.repeat(4), '2026.8.18'],
  ['main', '2026.8.18'],
  [undefined, '2026.8.18'],
] as const)('%s is of %s, and says why', (ref, generation) => {
  const answer = generationOf(ref);
  expect(answer.generation).toBe(generation);
  expect(answer.because).toContain(ref !== undefined && /^v?\d+\./.test(ref) ? ref : 'platform.ref');
});

test.each([
  ['2026.08.19.120', false],
  ['2026.8.19', false],
  ['2026.08.19.121', true],
  ['2026.10.1', true],
  ['2027.01.01.1', true],
])('%s is newer than the last platform that was compared: %s', (ref, isNewer) => {
  const { generation, because } = generationOf(ref);
  expect([generation, /newer than 2026\.08\.19\.120, .*newest row is assumed/.test(because)]).toEqual(['2026.8.18', isNewer]);
});

test('an option decides against the ref', () => {
  expect(generationOf('v0.3.2', '2026.4.19')).toEqual({ generation: '2026.4.19', because: 'the option is set' });
});

test('what each generation reads', () => {
  expect(generations.map((name) => GENERATIONS[name].descriptor)).toEqual([
    'env-json',
    'env-json',
    'bundles-yaml',
    'bundles-yaml',
    'bundles-yaml',
  ]);
  expect(generations.map((name) => healthPath('proc', name))).toEqual([...Array<string>(4).fill('/health'), '/health/live']);
  expect(generations.map((name) => healthPath('web-proxy', name))).toEqual([
    ...Array<string>(3).fill('/chatbot/chat'),
    '/health',
    '/health',
  ]);
  expect(generations.map((name) => [healthPath('ingress', name), healthPath('other', name)])).toEqual(
    generations.map(() => ['/health', undefined]),
  );
});

test.each([
  ['kdcube.admin', '2026.3.1', false, true],
  ['react@2026-02-10-02-44', '2026.3.1', true, false],
  ['react@2026-02-10-02-44', '2026.3.3', false, true],
  ['react@2026-02-10-02-44', '2026.4.19', false, false],
  ['react@2026-02-10-02-44', '2026.4.19', true, true],
  ['workspace@2026-03-31-13-36', '2026.3.3', true, false],
  ['mine@1-0', '2026.4.19', true, false],
] as const)('%s at %s, examples %s: reserved %s', (id, generation, examples, reserved) => {
  expect(reservedBecause(id, generation, examples) !== undefined).toBe(reserved);
});

const VERSIONS = [
  '1',
  '0.3.2',
  'v0.3.2',
  '2026.07.20.444',
  '1!2.0',
  '1.0a1',
  '1.0.beta-2',
  '1.0rc',
  '1.0-1',
  '1.0.post2',
  '1.0.dev3',
  '1.0a1.post2.dev3',
  '1.0+local.1',
];
const OTHERS = ['', 'main', '1.0-final', '1.0+', '1..0', '.1', '1.0 ', '1.0\n', 'v', '1.0-SNAPSHOT', '2026.07.20-build', 'ui-v1'];
test('versions by PEP 440', () => {
  expect(VERSIONS.filter((text) => !isPep440(text))).toEqual([]);
  expect(OTHERS.filter(isPep440)).toEqual([]);
});
