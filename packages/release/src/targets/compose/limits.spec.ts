import { growth } from '../../../../../tools/testing/operations';
import { LIMITS } from '../../problem/limits';
import type { KdcubeError } from '../../problem/problem';
import { readCompose } from './compose-file/compose-files';
import { readEnvFile, readRawEnvFile } from './env-file/compose-env-file';

const OPTIONS = { directory: '/srv', files: [], profiles: [] };
const compose = (files: Record<string, string>) =>
  readCompose({ list: () => Object.keys(files), read: (file) => files[file] }, OPTIONS);
const problemOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as KdcubeError).problems[0];
  }
  return undefined;
};
const lines = (size: number, line: (index: number) => string) =>
  Array.from({ length: size }, (_, index) => line(index)).join('\n');
const DOUBLING = `V0=xxxxxxxxxx\n${lines(26, (index) => `V${index + 1}=$V${index}$V${index}`)}\n`;
const LONG = `A=${'x'.repeat(60_000)}\n`;

test.each<[string, string, number]>([
  ['doubles', DOUBLING, 15],
  ['doubles in quotes', DOUBLING.replace(/=(.*)$/gm, '="$1"'), 15],
  ['doubles in braces', DOUBLING.replace(/\$(V\d+)/g, '${$1:-x}'), 15],
  ['doubles in defaults', DOUBLING.replace(/\$(V\d+)/g, '${X:-$$$1}'), 15],
])('an env file whose value %s is refused at its line', (_, text, line) => {
  expect(problemOf(() => readEnvFile(text, undefined, undefined, 'app.env'))).toMatchObject({
    code: 'limit-exceeded',
    at: { file: 'app.env', line },
  });
});

test('many long values of an env file', () => {
  const text = `${LONG}${lines(100, (index) => `B${index}=$A`)}`;
  expect(problemOf(() => readEnvFile(text))).toMatchObject({ code: 'limit-exceeded', at: { file: '.env', line: 70 } });
});

test('an env file that is too large', () => {
  const text = 'A=1\n'.repeat(LIMITS.envFileBytes.max / 4 + 1);
  for (const read of [() => readEnvFile(text), () => readRawEnvFile(text)])
    expect(problemOf(read)).toMatchObject({ code: 'file-too-large' });
});

test.each<[string, Record<string, string>, string]>([
  ['a value that grows', { '.env': LONG, 'compose.yaml': 'services:\n  a: {image: "$A$A$A"}\n' }, 'services.a.image'],
  [
    'many long values',
    { '.env': LONG, 'compose.yaml': `services:\n  a:\n    labels:\n${lines(100, () => '      - "$A"')}\n` },
    'services.a.labels[69]',
  ],
  ['many services', { 'compose.yaml': `services:\n${lines(501, (index) => `  s${index}: {}`)}\n` }, 'services'],
])('a compose file with %s is refused at its place', (_, files, path) => {
  expect(problemOf(() => compose(files))).toMatchObject({ code: 'limit-exceeded', at: { file: 'compose.yaml', path } });
});

test.each<[string, string]>([
  ['lists', `x-0: &a0 [x]\n${lines(20, (index) => `x-${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`)}\n`],
  [
    'mappings',
    `x-0: &a0 {a: x}\n${lines(20, (index) => `x-${index + 1}: &a${index + 1} {a: *a${index}, b: *a${index}, c: *a${index}}`)}\n`,
  ],
  ['a long text', `x-0: &a0 "${'x'.repeat(200_000)}"\nx-1: [${'*a0, '.repeat(90)}]\n`],
  ['themselves', 'x-0: &a [*a]\n'],
])('aliases of %s that grow are refused', (_, text) => {
  expect(problemOf(() => compose({ 'compose.yaml': text }))).toMatchObject({
    code: expect.stringMatching(/yaml-alias|limit-exceeded|yaml-syntax/),
  });
});

test('files that include each other twice', () => {
  const files = Object.fromEntries(
    Array.from({ length: 26 }, (_, index) => [
      index === 0 ? 'compose.yaml' : `f${index}.yaml`,
      index === 25 ? 'services: {}\n' : `include: [f${index + 1}.yaml, f${index + 1}.yaml]\nservices: {}\n`,
    ]),
  );
  expect(problemOf(() => compose(files))).toMatchObject({ code: 'limit-exceeded' });
});

test.each<[string, (size: number) => unknown]>([
  ['an env file', (size) => readEnvFile(lines(10 * size, (index) => `A${index}=$B-${index}`))],
  ['services', (size) => compose({ 'compose.yaml': `services:\n${lines(size, (index) => `  s${index}: {image: a}`)}\n` })],
  [
    'variables of a service',
    (size) =>
      compose({ 'compose.yaml': `services:\n  a:\n    environment:\n${lines(size, (index) => `      A${index}: "b"`)}\n` }),
  ],
])('%s: twice the input is twice the work', (_, work) => {
  // Names and places get longer with the number of lines.
  expect(growth(120, 3.2, work)).toBeLessThan(3.2);
});
