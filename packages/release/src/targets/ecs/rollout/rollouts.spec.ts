import * as path from 'node:path';
import { expectGolden } from '../../../../../../tools/testing/golden';
import type { EcsDouble } from '../../../../testing/rollouts/kit';
import { playRow } from '../../../../testing/rollouts/play';
import { deploy } from '../../../../testing/rollouts/run';
import { ROWS } from '../../../../testing/rollouts/table';
import { EXIT_CODES } from '../../../deploy/exit-codes';

const CALLS = path.join(__dirname, '../../../../fixtures/rollouts/calls.txt');
/** Results of what comes before a rollout, of other targets (targets/compose/rollout has a table of its own), and of Ctrl-C (interrupted.spec.ts). */
const ELSEWHERE = [
  'plan-invalid',
  'registry-repository-missing',
  'release-drift',
  'release-older',
  'release-not-found',
  'record-mismatch',
  'compose-invalid',
  'compose-failed',
  'descriptor-edited',
  'interrupted',
];
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('rollouts', () => {
  const calls: string[] = [];

  it.each(ROWS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    calls.push((await playRow(row, deploy, started)).calls);
  });

  it('every failure has a row, and every such row a reason that is checked', () => {
    expect(ROWS.filter(({ exit, message, golden }) => exit !== 0 && !message && !golden).map(({ name }) => name)).toEqual([]);
    const exits = new Set(ROWS.map(({ exit }) => exit));
    const failures = Object.entries(EXIT_CODES).filter(([code]) => !ELSEWHERE.includes(code));
    expect(failures.filter(([, exit]) => !exits.has(exit)).map(([code]) => code)).toEqual([]);
  });

  it('makes these calls, and no others', () => {
    if (calls.length === ROWS.length) expectGolden(CALLS, `${calls.join('\n\n')}\n`);
  });
});
