import * as path from 'node:path';
import { EXIT_CODES, type DeployPlan } from '@kdcube/release/internal';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { change, planOf, servicesOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { deploy } from '../../../../testing/rollouts/run';
import { gatewayOf, truth } from '../../../../testing/rollouts/truth';
import { printCalls } from '../../../../testing/rollouts/calls';
import { ROWS } from '../../../../testing/rollouts/rollouts.table';

const FIXTURES = path.join(__dirname, '../../../../fixtures');
const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource', 'UntagResource'];
/** These ends say that it is not known: what was pinned may come, or be there already. */
const UNKNOWN = [20, 30, 31, 32];
/** Ends of what comes before a rollout, of other verbs, and of Ctrl-C (interrupt.spec.ts). */
const ELSEWHERE = ['plan-invalid', 'registry-repository-missing', 'release-drift', 'release-not-found', 'interrupted'];
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('rollouts', () => {
  const calls: string[] = [];

  it.each(ROWS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const double = await startDouble(row.scenario, servicesOf(row.wish));
    started.push(double);
    const plan = row.plan?.(planOf(row.wish)) ?? planOf(row.wish);
    if (row.later) await change(double, row.later);
    await row.before?.(double);
    const ended = await deploy(double, plan, row.options, row.place, row.meanwhile);
    if (process.env.KD_SHOW)
      console.log(
        ended.said,
        ended.events
          .filter((e) => e.event !== 'seen')
          .map((e) => JSON.stringify(e))
          .join('\n'),
      );
    const made = double.journal.entries.filter((entry) => 'n' in entry);
    calls.push(printCalls(row.name, ended, made));
    const atTheEnd = await truth(double, plan);
    await double.clock.advance(120_000);
    const { runs, ...later } = await truth(double, plan);
    expect({ exit: ended.exit, said: ended.said, runs }).toMatchObject({ exit: row.exit, runs: wanted(plan, row.runs) });
    expect(ended.said).toMatch(row.says ?? /^/);
    const notes = ended.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
    expect(notes.join('\n')).toMatch(row.notes ?? /^/);
    const isCompleted = row.isNotCompleted !== true;
    const good = { tasksArePinned: true, pinned: isCompleted };
    if (row.exit === 0) expect([atTheEnd, later]).toMatchObject([good, good]);
    else if (!UNKNOWN.includes(row.exit)) expect(atTheEnd.tasksArePinned).toBe(false);
    const { subset, force } = double.registry();
    if (row.registry !== 'left') expect({ subset, force }).toEqual({ subset: true, force: false });
    if (row.wish?.gateway) expect(await gatewayOf(double)).toMatchObject({ isOfProc: true });
    if (row.writes === 'none')
      expect(made.filter(({ op }) => WRITES.includes(op)).filter(({ status }) => status === 200)).toEqual([]);
    if (row.golden)
      expectGolden(
        path.join(FIXTURES, 'problems', `${row.golden}.txt`),
        `${ended.said.replace(/ecs-svc\/\d+/g, 'ecs-svc/1234567890123456789')}\n`,
      );
  });

  it('every end that is no success has a row, and every such row a reason that is looked for', () => {
    expect(ROWS.filter(({ exit, says, golden }) => exit !== 0 && !says && !golden).map(({ name }) => name)).toEqual([]);
    const seen = new Set(ROWS.map(({ exit }) => exit));
    const ends = Object.entries(EXIT_CODES).filter(([code]) => !ELSEWHERE.includes(code));
    expect(ends.filter(([, exit]) => !seen.has(exit)).map(([code]) => code)).toEqual([]);
  });

  it('makes these calls, and no others', () => {
    if (calls.length === ROWS.length) expectGolden(path.join(FIXTURES, 'rollouts/calls.txt'), `${calls.join('\n\n')}\n`);
  });
});

function wanted({ services }: DeployPlan, runs: (typeof ROWS)[number]['runs']): Record<string, string> {
  if (typeof runs !== 'string') return runs;
  const names = services.filter(({ kind }) => kind === 'service').map(({ service }) => service);
  return Object.fromEntries(names.map((name) => [name, `${name}:${runs === 'new' ? 2 : 1}`]));
}
