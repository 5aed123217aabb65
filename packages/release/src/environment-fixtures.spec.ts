import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectGolden } from '../../../tools/testing/golden';
import { readEnvironment } from './environment/read-environment';
import { formatProblem, formatProblems } from './problem/problem';
import { PROBLEMS } from './problem/codes';
import type { ProblemCode } from './problem/codes';
import { ENVIRONMENT_FIXTURES as FIXTURES, fixtureFiles as filesOf, IMAGES as REFERENCES } from '../testing/environments';

/** Every code in these folders and files needs a fixture. */
const READING = ['environment', 'environment/rules', 'document/layers.ts', 'document/values.ts', 'platform/names.ts'];
const IMAGES = [...REFERENCES.keys()];

const stems = (kind: string) =>
  filesOf(kind)
    .list('')
    .map((file) => file.replace(/\.yaml$/, ''));
const broken = stems('broken').filter((name) => Object.hasOwn(PROBLEMS, name));

describe('broken', () => {
  test.each(broken)('%s', (code) => {
    const { problems, notes } = readEnvironment(code, filesOf('broken'), { images: IMAGES });
    expect([...problems, ...notes].map((problem) => problem.code)).toContain(code);
    const text = problems.length > 0 ? formatProblems(problems) : notes.map(formatProblem).join('\n');
    expect(text).not.toMatch(/hidden|AKIA|12345678(?!9)/);
    expectGolden(join(FIXTURES, 'broken', `${code}.txt`), `${text}\n`);
  });

  test('whatever is wrong has its line, and what to type', () => {
    const bare = broken.flatMap((code) =>
      readEnvironment(code, filesOf('broken'), { images: IMAGES }).problems.filter(
        ({ at, hint }) => at?.line === undefined || !hint,
      ),
    );
    // Of what is missing, or of another kind, the message itself says what belongs there.
    const reported = ['missing-key', 'wrong-type', 'wrong-value', 'ignored-key'];
    expect(bare.filter(({ code }) => !reported.includes(code))).toEqual([]);
  });

  test('what is no code is there for one that is', () => {
    const text = broken.map((code) => readFileSync(join(FIXTURES, 'broken', `${code}.yaml`), 'utf8')).join('');
    for (const name of stems('broken').filter((stem) => !broken.includes(stem))) expect(text).toContain(`extends: ${name}`);
  });

  test('every code that the rules can raise has a fixture', () => {
    const sources = READING.flatMap((entry) =>
      entry.endsWith('.ts') ? entry : readdirSync(join(__dirname, entry)).map((file) => `${entry}/${file}`),
    ).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
    const codes = sources.flatMap((file) =>
      [...readFileSync(join(__dirname, file), 'utf8').matchAll(/code: '([a-z]+(?:-[a-z]+)*)'/g)].map(
        ([, word]) => word as ProblemCode,
      ),
    );
    expect(new Set(codes).size).toBeGreaterThan(20);
    // Those are of files: that one is named so, and that nothing was found, which the reader's own spec shows; limits.spec shows the limits.
    const elsewhere = ['unsafe-name', 'registry-missing', 'registry-name', 'limit-exceeded'];
    expect([...new Set(codes)].filter((code) => !broken.includes(code) && !elsewhere.includes(code))).toEqual([]);
  });

  test('no golden is left over', () => {
    const goldens = readdirSync(join(FIXTURES, 'broken')).filter((file) => file.endsWith('.txt'));
    expect(goldens.filter((file) => !broken.includes(file.replace(/\.txt$/, '')))).toEqual([]);
  });
});

describe('valid', () => {
  test.each(stems('valid'))('%s', (name) => {
    const { environment, abstract, problems, notes } = readEnvironment(name, filesOf('valid'), { images: IMAGES });
    expect(formatProblems(problems)).toContain('0 problems');
    const golden = { abstract, environment, notes: notes.map(({ code }) => code) };
    expectGolden(join(FIXTURES, 'valid', `${name}.yaml.golden.json`), `${JSON.stringify(golden, null, 2)}\n`);
  });
});
