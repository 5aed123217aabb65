import { growth } from '../../../../../tools/testing/operations';
import { LIMITS } from '../../problem/limits';
import type { KdcubeError } from '../../problem/problem';
import { evaluateRecipe } from '../recipe/evaluate';
import { readIgnore } from '../recipe/files/ignore';
import { contextOf } from '../recipe/files/context';
import { missingSources } from '../recipe/files/missing-sources';
import { compileGlob } from '../recipe/files/match';
import { isRefusal, readRecipe } from '../recipe/recipe';
import { readDockerfile } from './dockerfile';

const lines = (size: number, line: (index: number) => string) =>
  Array.from({ length: size }, (_, index) => line(index)).join('\n');
const read = (text: string) => readDockerfile(text, 'images/a/Dockerfile', {});
const problemOf = (text: string) => {
  try {
    read(text);
  } catch (error) {
    return (error as KdcubeError).problems[0];
  }
  return undefined;
};
const follow = (text: string) => {
  const recipe = readRecipe(text, { args: {}, platform: 'linux/amd64' });
  return isRefusal(recipe) ? recipe : evaluateRecipe(recipe, {});
};
const check = (text: string) => missingSources(text, { args: {}, platform: 'linux/amd64' }, [], readIgnore(''));
/** Each value doubles the previous one. */
const doubling = (keyword: string, name = (index: number) => `V${index}`) =>
  [`${keyword} ${name(0)}=xxxxxxxxxx`, lines(26, (index) => `${keyword} ${name(index + 1)}=$${name(index)}$${name(index)}`)].join(
    '\n',
  );

describe('growing values are rejected at their line', () => {
  test.each<[string, string, number]>([
    ['ENV', `FROM a\n${doubling('ENV')}\n`, 15],
    ['ENV in braces', `FROM a\n${doubling('ENV').replace(/\$(V\d+)/g, '${$1}')}\n`, 15],
    ['ENV with defaults', `FROM a\n${doubling('ENV').replace(/\$(V\d+)/g, '${$1:-x}')}\n`, 15],
    ['ARG before FROM', `${doubling('ARG')}\nFROM a\n`, 14],
    ['ARG of a stage', `FROM a\n${doubling('ARG')}\n`, 15],
    ['one ARG line', `ARG ${doubling('ARG').replace(/^ARG /gm, '').replace(/\n/g, ' ')}\nFROM a\n`, 1],
    ['the name of an image', `ARG A=${'x'.repeat(50_000)}\nFROM $A$A$A\n`, 2],
    [
      'many long values in one line',
      `FROM a\nENV A=${'x'.repeat(60_000)}\nENV ${lines(500, (index) => `B${index}=$A`).replace(/\n/g, ' ')}\n`,
      3,
    ],
  ])('%s', (_, text, line) => {
    expect(text.length).toBeLessThan(70_000);
    expect(problemOf(text)).toMatchObject({
      code: 'dockerfile-unreadable',
      at: { line },
      message: expect.stringContaining('expanded'),
    });
  });

  test.each<[string, string]>([
    ['ENV', `FROM a\n${doubling('ENV')}\n`],
    ['ARG', `${doubling('ARG')}\nFROM a\n`],
    ['LABEL', `FROM a\nENV A=${'x'.repeat(50_000)}\nLABEL a=$A$A$A$A\n`],
    ['EXPOSE', `FROM a\nENV A="${'80 '.repeat(10_000)}"\nEXPOSE $A$A$A$A\n`],
    ['COPY', `FROM a\nENV A=${'x'.repeat(50_000)}\nCOPY $A$A$A$A /x\n`],
    ['quoted', `FROM a\nENV A=${'x'.repeat(50_000)}\nWORKDIR "/$A$A$A$A"\n`],
    ['words in words', `FROM a\nENV A=${'${B:-'.repeat(20_000)}${'}'.repeat(20_000)}\n`],
  ])('an image cannot be assembled from growing %s', (_, text) => {
    expect(follow(text)).toMatchObject({ why: expect.stringMatching(/more than \d+/) });
  });

  test.each<[string, string]>([
    ['bytes', `FROM a\nRUN echo ${'x'.repeat(LIMITS.dockerfileBytes.max)}\n`],
    ['instructions', `FROM a\n${'WORKDIR /a\n'.repeat(LIMITS.dockerfileInstructions.max)}`],
  ])('a Dockerfile of too many %s', (unit, text) => {
    expect(problemOf(text)).toMatchObject({ code: 'dockerfile-unreadable', message: expect.stringContaining(unit) });
  });

  test.each<[string, string]>([
    ['variables', `ENV ${lines(2100, (index) => `A${index}=1`).replace(/\n/g, ' ')}`],
    ['labels', `LABEL ${lines(2100, (index) => `A${index}=1`).replace(/\n/g, ' ')}`],
    ['ports', 'EXPOSE 1-65535'],
    ['volumes', `VOLUME ${lines(2100, (index) => `/${index}`).replace(/\n/g, ' ')}`],
  ])('an image of too many %s', (_, line) => {
    expect(follow(`FROM a\n${line}\n`)).toMatchObject({ line: 2, why: expect.stringContaining('more than 2000') });
  });
});

test.each<[string, (size: number) => unknown]>([
  ['stages', (size) => read(lines(size, (index) => `FROM a${index}`))],
  ['ENV lines', (size) => read(`FROM a\n${lines(size, (index) => `ENV A${index}=1`)}`)],
  ['ENV words', (size) => read(`FROM a\nENV ${lines(size, (index) => `A${index}=1`).replace(/\n/g, ' ')}`)],
  ['ARG lines', (size) => follow(`FROM a\n${lines(size, (index) => `ARG A${index}=1`)}`)],
  ['ENV lines of an image', (size) => follow(`FROM a\nENV ${lines(size, (index) => `A${index}=1`).replace(/\n/g, ' ')}`)],
  [
    'ENV lines before COPY',
    (size) => check(`FROM a\n${lines(size, (index) => `ENV A${index}=$A${index - 1}\nCOPY $A${index} /x`)}`),
  ],
  ['stages', (size) => check(lines(size, (index) => `FROM a${index - 1} AS a${index}\nCOPY --from=a${index - 1} a /x`))],
  ['an exec form', (size) => follow(`FROM a\nCMD ["${']'.repeat(size)}", ${'"]", '.repeat(size)} "x"\n`)],
  ['escaped quotes', (size) => read(`FROM a\nENV A=x${'\\"'.repeat(size)}\nCOPY $A /x\n`)],
  ['continued lines', (size) => read(`FROM a\nRUN a ${'\\\n  b'.repeat(size)}\n`)],
  [
    'files of one folder',
    (size) =>
      contextOf(
        Array.from({ length: size }, (_, index) => ({ path: `a/${index}`, kind: 'file' as const, executable: false })),
        readIgnore(''),
      ),
  ],
  ['a pattern of stars', (size) => compileGlob('*a'.repeat(10) + 'b')!.test('a'.repeat(size))],
  ['a line of .dockerignore', (size) => readIgnore(`${'**/*a'.repeat(10)}b`).excludes('a'.repeat(size))],
])('%s: twice the input takes at most about twice the time', (_, work) => {
  // Names and places get longer with the number of lines.
  expect(growth(400, 3.2, work)).toBeLessThan(3.2);
});

test.each(['*a'.repeat(60), '**/a'.repeat(60), '?*'.repeat(60), '[a-z]*'.repeat(60)])(
  '%s does not match in the end',
  (pattern) => {
    expect(readIgnore(`${pattern}b`).excludes('a'.repeat(250))).toBe(false);
    expect(compileGlob(`${pattern}b`)!.test('a'.repeat(250))).toBe(false);
    expect(read(`FROM a\nCOPY ${pattern}b /x\n`).bases).toHaveLength(1);
  },
);

test('a .dockerignore that is too large', () => {
  expect(() => readIgnore('a\n'.repeat(LIMITS.ignoreBytes.max))).toThrow('at most');
});
