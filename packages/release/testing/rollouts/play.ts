import { recordDeploy, type DeployPlan } from '../../src/internal';
import { readinessAt } from './bundles';
import { printCalls } from './calls';
import { change, planOf, servicesOf, startDouble, type EcsDouble } from './kit';
import { checkLastLine } from './last-line';
import type { Row } from './row';
import type { Deploy, Ended } from './run';
import { gatewayOf, truth } from './truth';

const WRITES = [
  'RegisterTaskDefinition',
  'UpdateService',
  'RunTask',
  'TagResource',
  'UntagResource',
  'CreateSecret',
  'PutSecretValue',
];
/** The exit codes of an unknown result: what was pinned may run. */
const UNKNOWN = [20, 30, 31, 32];

/** Plays a row and checks everything in it. Returns how it ended, and its calls. */
export async function playRow(row: Row, deploy: Deploy, started: EcsDouble[]): Promise<{ ended: Ended; calls: string }> {
  const double = await startDouble(row.scenario, servicesOf(row.wish));
  started.push(double);
  const planned = row.plan?.(planOf(row.wish)) ?? planOf(row.wish);
  const plan = row.bundles ? { readiness: readinessAt('http://127.0.0.1:1/')!, ...planned } : planned;
  if (row.later) await change(double, row.later);
  await row.before?.(double);
  const ended = await deploy(double, plan, row.options, row.place, {
    ...row.meanwhile,
    ...(row.bundles && { bundles: row.bundles }),
  });
  if (process.env.KD_SHOW) show(ended);
  const calls = double.journal.entries.filter((entry) => 'n' in entry);
  const atTheEnd = await truth(double, plan);
  await double.clock.advance(120_000);
  const { runs, ...later } = await truth(double, plan);
  expect({ exit: ended.exit, message: ended.message, runs }).toMatchObject({
    exit: row.exit,
    runs: expectedRuns(plan, row.runs),
  });
  expect(ended.message).toMatch(row.message ?? /^/);
  if (row.recorded) expect(recordDeploy(plan, ended.outcome!).reason).toMatch(row.recorded);
  checkLastLine(row, ended, calls, atTheEnd.runs);
  const notes = ended.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
  expect(notes.join('\n')).toMatch(row.notes ?? /^/);
  const good = { tasksArePinned: true, pinned: row.isNotCompleted !== true };
  if (row.bothRun) expect(atTheEnd.tasksArePinned).toBe(false);
  else if (row.exit === 0) expect([atTheEnd, later]).toMatchObject([good, good]);
  else if (row.isPinned !== true && !UNKNOWN.includes(row.exit)) expect(atTheEnd.tasksArePinned).toBe(false);
  const { subset, force } = double.registry();
  if (row.registry !== 'left') expect({ subset, force }).toEqual({ subset: true, force: false });
  if (row.wish?.gateway) expect(await gatewayOf(double)).toMatchObject({ isOfProc: true });
  if (row.secrets) expect(secretValues(double)).toEqual(row.secrets);
  if (row.reloaded) expect(Object.keys(double.registry().bundles)).toEqual(row.reloaded);
  if (row.writes === 'none')
    expect(calls.filter(({ op }) => WRITES.includes(op)).filter(({ status }) => status === 200)).toEqual([]);
  return { ended, calls: printCalls(row.name, ended, calls) };
}

/** Secrets Manager, by the name of the secret below its prefix. */
function secretValues(double: EcsDouble): Record<string, unknown> {
  const entries = Object.entries(double.secrets()).map(([name, text]) => [name.replace('kdcube/acme/one/', ''), parse(text)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function expectedRuns({ services }: DeployPlan, runs: Row['runs']): Record<string, string> {
  if (typeof runs !== 'string') return runs;
  const names = services.filter(({ kind }) => kind === 'service').map(({ service }) => service);
  return Object.fromEntries(names.map((name) => [name, `${name}:${runs === 'new' ? 2 : 1}`]));
}

function show({ message, events }: Ended): void {
  const lines = events.filter(({ event }) => event !== 'polled').map((event) => JSON.stringify(event));
  console.log([message, ...lines].join('\n'));
}
