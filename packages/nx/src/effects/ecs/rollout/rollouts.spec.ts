import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { checkJournal, findAwsCli } from '../../testing/botocore';
import { planOf, SERVICES, startDouble, type EcsDouble } from '../../testing/rollouts/kit';
import { deploy } from '../../testing/rollouts/run';
import { truth } from '../../testing/rollouts/truth';
import { ROWS } from '../../testing/rollouts/rollouts.table';

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource', 'UntagResource'];
const GOLDENS = path.join(__dirname, '../../../../fixtures/problems');
const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

const tools = findAwsCli();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-rollouts-'));
const whole = path.join(folder, 'all.ndjson');
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('rollouts', () => {
  const journal = path.join(folder, 'one.ndjson');
  afterEach(() => fs.appendFileSync(whole, fs.readFileSync(journal)));

  it.each(ROWS.map((row) => [row.name, row] as const))('%s', async (_, row) => {
    const double = await startDouble(row.scenario, journal);
    started.push(double);
    const plan = planOf(row.wish);
    if (row.later) await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify(row.later) });
    await row.before?.(double);
    const ended = await deploy(double, plan, row.options, row.place, { somebody: row.somebody });
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
    if (row.golden)
      expectGolden(
        path.join(GOLDENS, `${row.golden}.txt`),
        `${ended.said.replace(/ecs-svc\/\d+/g, 'ecs-svc/1234567890123456789')}\n`,
      );
  });

  // Without Python or a package index it is skipped, and says so; where the engine is required, what is broken is a failure.
  const title = 'every call of every row passes the models that botocore ships';
  const isRequired = tools.broken === true && process.env.KD_REQUIRE_ENGINE === '1';
  if (tools.reason !== undefined && !isRequired) it.skip(`${title} (skipped: ${tools.reason})`, () => undefined);
  else
    it(title, () => {
      expect(tools.reason).toBeUndefined();
      expect(checkJournal(tools, whole)).toMatchObject({ passed: true });
    });
});

function wanted(runs: (typeof ROWS)[number]['runs']): Record<string, string> {
  if (typeof runs !== 'string') return runs;
  return Object.fromEntries(SERVICES.map((name) => [name, `${name}:${runs === 'new' ? 2 : 1}`]));
}
