import { spawnSync } from 'node:child_process';
import { parse } from 'yaml';
import { isPlainText, readsAlike } from './scalars';

const ALIKE = [
  'a',
  'v1.0',
  '12',
  '-3',
  '+4',
  '1.5',
  '1.',
  '1.5e+3',
  'true',
  'False',
  'null',
  '~',
  '',
  '.inf',
  '-.INF',
  '.nan',
  '0',
  '0.10',
  'y',
  'n',
];
const TEXTS = ['2026.07.20.444', 'v2026', '1.2.3', '08:30', 'a b', 'yess', '2026-2', '1e', '0x', '0b2', '--1', 'TRUe', 'nUll'];
const APART = [
  'yes',
  'No',
  'ON',
  'off',
  '1e3',
  '1E+3',
  '1_000',
  '0o17',
  '017',
  '0755',
  '08',
  '0b11',
  '12:30',
  '190:20:30',
  '1:30.5',
  '2026-02-22',
];
APART.push('2026-02-22T10:00:00Z', '2026-02-22 10:00:00', '=', '<<', '12345678901234567890', '0_1', '1_0.5', '-.5e+3');

test.each([...ALIKE, ...TEXTS])('%j is read alike', (source) => {
  expect(readsAlike(source)).toBe(true);
});

test.each(APART)('%j is read differently', (source) => {
  expect(readsAlike(source)).toBe(false);
  expect(isPlainText(source)).toBe(false);
});

test('plain texts are texts to both', () => {
  expect(TEXTS.filter((source) => !isPlainText(source))).toEqual([]);
  expect(ALIKE.filter(isPlainText)).toEqual(['a', 'v1.0', 'y', 'n']);
});

const NO_PYYAML = spawnSync('python3', ['-c', 'import yaml']).status !== 0;
const testWithPyyaml = NO_PYYAML ? test.skip : test;

testWithPyyaml(`PyYAML agrees${NO_PYYAML ? ' (skipped: python3 with PyYAML is not here)' : ''}`, () => {
  // The tables cannot say what PyYAML fails on, and 2^53 is a limit of ours.
  const samples = [...ALIKE, ...TEXTS, ...APART].filter((word) => !['=', '<<', '12345678901234567890'].includes(word));
  const code =
    'import sys, json, yaml\nfor w in json.load(sys.stdin): print(json.dumps(yaml.safe_load("a: " + w)["a"], default=lambda d: {"date": str(d)}))';
  const { stdout, stderr } = spawnSync('python3', ['-c', code], { input: JSON.stringify(samples), encoding: 'utf8' });
  if (stderr) throw new Error(stderr);
  const answers = stdout.trimEnd().split('\n');
  const theirs = samples.map((word, index) => [
    word,
    answers[index]!.replace('-Infinity', '"-inf"')
      .replace(/^Infinity/, '"inf"')
      .replace('NaN', '"nan"'),
  ]);
  const ours = samples.map((word) => {
    const value = (parse(`a: ${word}`) as { a: unknown }).a;
    return [
      word,
      typeof value === 'number' && !Number.isFinite(value)
        ? `"${String(value).replace('Infinity', 'inf').replace('NaN', 'nan')}"`
        : JSON.stringify(value),
    ];
  });
  const same = samples.filter(
    (_, index) => JSON.stringify(JSON.parse(theirs[index]![1]!)) === JSON.stringify(JSON.parse(ours[index]![1]!)),
  );
  expect(samples.filter(readsAlike)).toEqual(same);
});
