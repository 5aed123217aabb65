import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expectGolden } from '../../../../../tools/testing/golden';
import { deploy, planOf, SERVICES, startDouble, type EcsDouble } from '../testing/rollout-kit';
import { truth } from '../testing/rollout-truth';
import { ROWS } from '../testing/rollouts.table';

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource', 'UntagResource'];
const GOLDENS = path.join(__dirname, '../../../fixtures/problems');
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('rollouts', () => {
  it.each(ROWS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const double = await startDouble(row.scenario);
    started.push(double);
    const plan = planOf(row.wish);
    if (row.later) await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify(row.later) });
    const ended = await deploy(double, plan, row.options, row.place, row.somebody);
    if (process.env.KD_SHOW)
      console.log(
        ended.said,
        ended.events
          .filter((e) => e.event !== 'seen')
          .map((e) => JSON.stringify(e))
          .join('\n'),
      );
    const calls = double.journal.entries.filter((entry) => 'n' in entry);
    await double.clock.advance(120_000);
    const { runs, pinned } = await truth(double, plan);
    expect({ exit: ended.exit, said: ended.said, runs }).toMatchObject({ exit: row.exit, runs: wanted(row.runs) });
    expect(ended.said).toMatch(row.says ?? /^/);
    if (row.exit === 0) expect(pinned).toBe(true);
    const { subset, force } = double.registry();
    if (row.registry !== 'left') expect({ subset, force }).toEqual({ subset: true, force: false });
    if (row.writes === 'none')
      expect(calls.filter(({ op }) => WRITES.includes(op)).filter(({ status }) => status === 200)).toEqual([]);
    if (row.golden) expectGolden(path.join(GOLDENS, `${row.golden}.txt`), `${ended.said}\n`);
  });
});

function wanted(runs: (typeof ROWS)[number]['runs']): Record<string, string> {
  if (typeof runs !== 'string') return runs;
  return Object.fromEntries(SERVICES.map((name) => [name, `${name}:${runs === 'new' ? 2 : 1}`]));
}
