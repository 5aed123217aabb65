// Each product × each operation, through the code of docker-push, verify and prune. Prints docs/registries.md.
import * as path from 'node:path';
import { KdcubeError, type Problem } from '@kdcube/release/internal';
import { expectGolden } from '../../../../tools/testing/golden';
import { HOSTED } from './hosted';
import { OPERATIONS } from './operations';
import { printPage, type Cell } from './page';
import { SELF_HOSTED } from './self-hosted';
import { play } from './stage';

const PAGE = path.join(__dirname, '../../../../docs/registries.md');
const PRODUCTS = [...HOSTED, ...SELF_HOSTED];
/** What ends in a Problem, by design of the product. Everything else works. */
const REFUSED: Record<string, string> = {
  'Docker Hub delete': 'prune-unsupported',
  'GitHub (GHCR) delete': 'prune-unsupported',
  'Amazon ECR absent': 'registry-repository-missing',
  'Google (GAR) absent': 'registry-denied',
  'Harbor absent': 'registry-denied',
  'Nexus immutable': 'registry-response',
  'Nexus sign-immutable': 'registry-response',
  'Docker Hub sign-immutable': 'tag-exists',
  'Google (GAR) sign-immutable': 'tag-exists',
  'GitLab sign-immutable': 'tag-exists',
  'Artifactory sign-immutable': 'tag-exists',
};
const cells = new Map<string, Cell>();
const before = { ...process.env };

beforeAll(() => {
  const { AWS_PROFILE: _, ...others } = process.env;
  process.env = { ...others, AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret', DOCKER_CONFIG: '/nowhere' };
});
afterAll(() => {
  process.env = before;
});

describe.each(PRODUCTS.map((product) => [product.name, product] as const))('%s', (name, product) => {
  it.each(OPERATIONS.map((operation) => [operation.title, operation] as const))('%s', async (_, operation) => {
    const stage = await play(product);
    try {
      const running = operation.run(stage);
      if (running === undefined) return;
      const { outcome, problem } = await endOf(running);
      const id = `${name} ${operation.id}`;
      expect([id, problem?.code, problem?.message]).toEqual([id, REFUSED[id], problem?.message]);
      const habits = product.habits.filter((habit) => stage.fired.has(habit) || habit.concerns?.includes(operation.id));
      cells.set(id, { outcome, habits, ...(problem && { problem }) });
    } finally {
      await stage.close();
    }
  });
});

async function endOf(running: Promise<string>): Promise<{ outcome: string; problem?: Problem }> {
  try {
    return { outcome: await running };
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const problem = error.problems[0]!;
    return { outcome: `\`${problem.code}\``, problem };
  }
}

it('every habit has a source, and is shown by an operation', () => {
  const shown = new Set([...cells.values()].flatMap(({ habits }) => habits));
  for (const { habits } of PRODUCTS)
    for (const habit of habits) {
      expect(habit.source).toMatch(/^https:\/\//);
      const isPlayed = habit.answer !== undefined || habit.change !== undefined;
      if (isPlayed) expect([habit.what, shown.has(habit)]).toEqual([habit.what, true]);
    }
});

it('docs/registries.md shows all of them', () => expectGolden(PAGE, printPage(PRODUCTS, OPERATIONS, cells)));
