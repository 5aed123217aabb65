import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectGolden } from '../../../tools/testing/golden';
import { LIMITS } from './problem/limits';
import { readRelease } from './release/read';
import { formatProblem, formatProblems } from './problem/problem';
import { PROBLEMS } from './problem/codes';
import type { ProblemCode } from './problem/codes';

const FIXTURES = join(__dirname, '../fixtures');
/** What reading is made of: every code in these files needs a fixture. */
const READING = [
  'platform/bundle-id',
  'document/document',
  'document/shape',
  'release/read',
  'release/refs',
  'release/repo-url',
  'release/rules/ids',
  'release/rules/loading',
  'release/rules/sources',
  'release/rules/whole',
];

/** The text of a person's terminal: problems as an error shows them, else the notes. */
function shown(code: string, content: Uint8Array | string): string {
  const { problems, notes } = readRelease(content, 'release.yaml');
  const text = problems.length > 0 ? [formatProblems(problems)] : notes.map(formatProblem);
  expect([...problems, ...notes].map((problem) => problem.code)).toContain(code);
  return `${text.join('\n')}\n`;
}

function contentOf(code: string): Uint8Array | string {
  const content = readFileSync(join(FIXTURES, 'broken', `${code}.yaml`));
  // Too large to be kept as files.
  if (code === 'limit-exceeded') return `${content.toString('utf8')}extra: [${'1,'.repeat(LIMITS.documentValues.max)}]\n`;
  return code === 'file-too-large' ? `${content.toString('utf8')}${'#'.repeat(LIMITS.documentBytes.max)}` : content;
}

const broken = readdirSync(join(FIXTURES, 'broken'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

describe('broken', () => {
  test.each(broken)('%s', (code) => {
    expect(PROBLEMS).toHaveProperty([code]);
    const text = shown(code, contentOf(code));
    expect(text).not.toMatch(/hidden-|AKIA|ghp_/);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expectGolden(join(FIXTURES, 'broken', `${code}.txt`), text);
  });

  test('every code that reading can raise has a fixture', () => {
    const codes = READING.flatMap((file) =>
      [...readFileSync(join(__dirname, `${file}.ts`), 'utf8').matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map(([, word]) => word!),
    ).filter((word): word is ProblemCode => Object.hasOwn(PROBLEMS, word));
    expect(codes.length).toBeGreaterThan(30);
    // What only environments can raise of what both are read with is shown by their own fixtures.
    const shown = [...broken, ...readdirSync(join(FIXTURES, 'environments/broken')).map((file) => file.replace(/\.txt$/, ''))];
    expect([...new Set(codes)].filter((code) => !shown.includes(code))).toEqual([]);
  });

  test('no golden is left over', () => {
    const left = readdirSync(join(FIXTURES, 'broken')).filter(
      (file) => file.endsWith('.txt') && !broken.includes(file.replace(/\.txt$/, '')),
    );
    expect(left).toEqual([]);
  });
});

describe('valid', () => {
  const files = readdirSync(join(FIXTURES, 'valid')).filter((file) => !file.endsWith('.golden.json'));

  test.each(files)('%s', (file) => {
    const { release, problems, notes } = readRelease(readFileSync(join(FIXTURES, 'valid', file)), file);
    // A descriptor of the platform has no platform section: that is all that may be missing.
    expect(problems.map(({ code, at }) => `${code} ${at?.path}`).filter((text) => text !== 'missing-key platform')).toEqual([]);
    expectGolden(
      join(FIXTURES, 'valid', `${file}.golden.json`),
      `${JSON.stringify({ release, notes: notes.map(({ code }) => code) }, null, 2)}\n`,
    );
  });

  test('the shapes are all there', () => {
    for (const file of ['items.yaml', 'map.yaml', 'flat.json', 'map.json', 'bare-items.yaml'])
      expect(existsSync(join(FIXTURES, 'valid', file))).toBe(true);
  });
});
