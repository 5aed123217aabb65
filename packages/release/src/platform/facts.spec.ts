import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { generationOf, GENERATIONS, generations, type Generation, type GenerationRow } from './generation';

interface Fact {
  topic: string;
  fact: string;
  /** The first published ref from which it holds. */
  ref: string;
  commit: string;
  file: string;
  /** What the file says at the commit. */
  text: string;
  /** The commit before does not say it. */
  isNew?: true;
  health?: { component: keyof GenerationRow['health']; path: string; generation: Generation };
}

const FACTS = JSON.parse(readFileSync(path.join(__dirname, '../../fixtures/platform/facts.json'), 'utf8')) as Fact[];
/** A clone of kdcube/kdcube with its history. */
const CLONE = process.env.KDCUBE_PLATFORM_CLONE;

const named = FACTS.map((fact) => [fact.fact, fact] as const);

test.each(named)('%s: with a ref that has a generation, and a source', (_, { ref, commit, file, text, health }) => {
  expect(generationOf(ref).because).toContain('calendar version');
  expect([commit, file]).toEqual([expect.stringMatching(/^[0-9a-f]{9}$/), expect.stringMatching(/^[\w.@/-]+$/)]);
  expect(text).not.toBe('');
  if (health) expect(text).toContain(health.path);
});

test('every health path of the table that differs from the generation before has its fact, and every such fact is in the table', () => {
  const facts = FACTS.flatMap(({ health }) => (health ? [`${health.generation} ${health.component} ${health.path}`] : []));
  const changes = generations.flatMap((generation, index) => {
    const { health } = GENERATIONS[generation] as GenerationRow;
    const before: Partial<GenerationRow['health']> = index === 0 ? {} : GENERATIONS[generations[index - 1]!].health;
    return Object.entries(health).flatMap(([component, at]) =>
      before[component as keyof GenerationRow['health']] === at ? [] : [`${generation} ${component} ${at}`],
    );
  });
  // proxylogin has a program of its own, and frontend is a web server: `/` of each is theirs.
  const own = ['2026.3.1 proxylogin /v1/health', '2026.3.1 frontend /'];
  expect(changes.filter((change) => !own.includes(change)).sort()).toEqual(facts.sort());
});

test('a change is published as a ref of its generation, not of the one before', () => {
  for (const { ref, health } of FACTS) if (health) expect(generationOf(ref).generation).toBe(health.generation);
});

(CLONE === undefined ? describe.skip : describe)('in the files of the platform', () => {
  const MAX = 64 * 1024 * 1024;
  const isInFile = (commit: string, file: string, text: string) => {
    try {
      return execFileSync('git', ['-C', CLONE!, 'show', `${commit}:${file}`], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: MAX,
      }).includes(text);
    } catch {
      return false;
    }
  };

  test.each(named)('%s', (_, { commit, file, text, isNew }) => {
    expect(isInFile(commit, file, text)).toBe(true);
    if (isNew) expect(isInFile(`${commit}^`, file, text)).toBe(false);
  });
});
