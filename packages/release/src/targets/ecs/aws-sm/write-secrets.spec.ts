import { ecsOf } from '../../../../testing/rollouts/ecs';
import { change, PLACE, planOf, startDouble, type EcsDouble } from '../../../../testing/rollouts/kit';
import { CRASH, rule } from '../../../../testing/rollouts/row';
import { killAfter, rollOutWith } from '../../../../testing/rollouts/run';
import { BEFORE, list, planned, PREFIX, secretOf, secretsScenario } from '../../../../testing/rollouts/secrets';
import type { Ecs } from '../rollout/port/port';

const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

async function open(): Promise<EcsDouble> {
  const double = await startDouble(secretsScenario());
  started.push(double);
  return double;
}

/** Deploys only the descriptor. */
function deploy(double: EcsDouble, port: Ecs) {
  return rollOutWith(port, double.time, { double, plan: planned()(planOf({ changes: [] })), options: {}, meanwhile: {} });
}

/** After a write, reads of these secrets show what was there before it, for ever. */
function withStaleReads(port: Ecs, isStale: (secret: string) => boolean): Ecs {
  const stale = new Map<string, Awaited<ReturnType<Ecs['readSecret']>>>();
  return {
    ...port,
    readSecret: async (secret, version) =>
      version === undefined && stale.has(secret) ? stale.get(secret) : port.readSecret(secret, version),
    putSecret: async (request) => {
      if (isStale(request.secret)) stale.set(request.secret, await port.readSecret(request.secret));
      return port.putSecret(request);
    },
  };
}

const FIRST = `${PREFIX}/${secretOf('old_bundle')}`;
const values = (double: EcsDouble) =>
  Object.fromEntries(Object.entries(double.secrets()).map(([name, text]) => [name.replace(`${PREFIX}/`, ''), JSON.parse(text)]));

it('a write that no read shows is reported as written, and restored', async () => {
  const double = await open();
  const ended = await deploy(
    double,
    withStaleReads(ecsOf(double, PLACE), (secret) => secret === FIRST),
  );
  expect(ended).toMatchObject({ exit: 49, codes: ['descriptor-unreadable'], outcome: { verdict: 'rolled-back' } });
  expect(ended.message).toMatch(/old_bundle\/descriptor was written, but reads do not show that version/);
  expect(ended.message).toMatch(/1 of 3 secrets were written, and restored\.$/);
  expect(values(double)).toEqual(BEFORE);
});

it('a secret that may be written and not read back is reported as written', async () => {
  const double = await open();
  const port = ecsOf(double, PLACE);
  const denied = { service: 'secretsmanager', op: 'GetSecretValue', error: 'AccessDeniedException' };
  const putSecret: Ecs['putSecret'] = async (request) => {
    await port.putSecret(request);
    double.faults.push(denied);
  };
  const ended = await deploy(double, { ...port, putSecret });
  expect(ended).toMatchObject({ exit: 33 });
  expect(ended.message).toMatch(/1 of 3 secrets were written: .*old_bundle\/descriptor\.$/);
});

it('a restored secret that no read shows does not hide why the rollout failed, and proc reloads', async () => {
  const double = await open();
  await change(double, { rules: [{ match: { oneOff: true }, times: 1, do: CRASH }] });
  const port = ecsOf(double, PLACE);
  let failed = false;
  // The first reload fails; from then on, reads are stale.
  const runTask: Ecs['runTask'] = async (request) => {
    failed = true;
    return port.runTask(request);
  };
  const stale = withStaleReads({ ...port, runTask }, () => failed);
  const ended = await deploy(double, stale);
  expect(ended.codes).toEqual(['reload-failed']);
  expect(ended.message).toMatch(/3 of 3 secrets were written, and restored\.$/);
  const notes = ended.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
  expect(notes.join('\n')).toMatch(/bundles-meta was restored, but reads do not show that version/);
  expect(Object.keys(double.registry().bundles)).toEqual(['old_bundle']);
});

it('a run that is killed, and whose previous versions are gone, leaves the list as it is instead of empty', async () => {
  const double = await open();
  const plan = planned()(planOf({ changes: ['ingress'] }));
  const written = killAfter(Infinity);
  const first = await open();
  await rollOutWith(ecsOf(first, PLACE), first.time, { double: first, plan, options: {}, meanwhile: { kill: written } });
  const after = written.calls.lastIndexOf('putSecret') + 1;
  await rollOutWith(ecsOf(double, PLACE), double.time, { double, plan, options: {}, meanwhile: { kill: killAfter(after) } });
  await change(double, { rules: [rule('ingress', CRASH)] });
  const port = ecsOf(double, PLACE);
  const readSecret: Ecs['readSecret'] = async (secret, version) => (version === undefined ? port.readSecret(secret) : undefined);
  const ended = await rollOutWith({ ...port, readSecret }, double.time, { double, plan, options: {}, meanwhile: {} });
  expect(ended.exit).toBe(12);
  const notes = ended.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
  expect(notes.join('\n')).toMatch(/bundles-meta is not restored: its version before this deploy cannot be read any more/);
  expect(ended.message).toMatch(/3 of 3 secrets were written: /);
  expect(values(double)).toMatchObject({ 'bundles-meta': list('old_bundle', 'new_bundle') });
});
