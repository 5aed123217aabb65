import { planOf, startDouble, SERVICES, type EcsDouble } from '../../testing/rollouts/kit';
import { deploy, killAfter } from '../../testing/rollouts/run';
import { truth } from '../../testing/rollouts/truth';
import { NEW } from '../../testing/rollouts/kit';

const WISH = { setup: true, exec: true } as const;
const WELL = [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }];
const CRASH = [...WELL, { match: { service: 'acme-ui', image: NEW.slice(7, 20) }, do: { exit: { code: 3, after: 2 } } }];
const WRITES = ['register', 'update', 'run', 'tag', 'untag'];
/** KD_FULL=1: after every call, nightly. Else after every call that writes, and some of those between. */
const FULL = process.env.KD_FULL === '1';
// A limit is for what hangs: in full these are some hundred deploys.
const LIMIT = FULL ? 40 * 60_000 : 120_000;

const started: EcsDouble[] = [];
afterEach(closeAll);

async function closeAll(): Promise<void> {
  for (const double of started.splice(0)) await double.close();
}

async function open(rules: object[]): Promise<EcsDouble> {
  const double = await startDouble({ rules });
  started.push(double);
  return double;
}

/** How many revisions each family has. */
async function revisions(double: EcsDouble): Promise<string[]> {
  const answer = (await double.as('ListTaskDefinitions')) as unknown as { taskDefinitionArns: string[] };
  return answer.taskDefinitionArns.map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).sort();
}

function cuts(calls: readonly string[]): number[] {
  const every = FULL ? 1 : 23;
  return calls.flatMap((name, index) => (WRITES.includes(name) || index % every === 0 ? [index + 1] : []));
}

/** Of a deploy that fails: after the setup ran, since what is before is the same as in one that does not. */
function backwards(calls: readonly string[]): number[] {
  return cuts(calls).filter((number) => FULL || (number > calls.lastIndexOf('run') && number % 2 === 0));
}

describe('kill -9 after a call, and the same deploy again', () => {
  it(
    'ends as if nothing had been, and registers nothing twice',
    async () => {
      const clean = await open(WELL);
      const whole = killAfter(Infinity);
      expect((await deploy(clean, planOf(WISH), {}, {}, { kill: whole })).exit).toBe(0);
      const expected = { ...(await truth(clean, planOf(WISH))), revisions: await revisions(clean) };
      expect(expected.pinned).toBe(true);
      expect(whole.calls.filter((name) => WRITES.includes(name)).length).toBeGreaterThan(12);
      for (const after of cuts(whole.calls)) {
        const double = await open(WELL);
        const kill = killAfter(after);
        await deploy(double, planOf(WISH), {}, {}, { kill });
        await double.clock.advance(after * 7_000);
        const ended = await deploy(double, planOf(WISH));
        const now = { ...(await truth(double, planOf(WISH))), revisions: await revisions(double) };
        expect([after, kill.calls.at(-1), ended.exit, ended.said, now]).toEqual([after, kill.calls.at(-1), 0, '', expected]);
        expect(double.registry()).toMatchObject({ subset: true, force: false });
        await closeAll();
      }
    },
    LIMIT,
  );

  it(
    'also on the way back: the next run fails in the same way, and all is as before',
    async () => {
      const clean = await open(CRASH);
      const whole = killAfter(Infinity);
      expect((await deploy(clean, planOf(WISH), {}, {}, { kill: whole })).exit).toBe(12);
      for (const after of backwards(whole.calls)) {
        const double = await open(CRASH);
        await deploy(double, planOf(WISH), {}, {}, { kill: killAfter(after) });
        const ended = await deploy(double, planOf(WISH));
        const { runs } = await truth(double, planOf(WISH));
        expect([after, ended.exit, runs]).toEqual([after, 12, Object.fromEntries(SERVICES.map((name) => [name, `${name}:1`]))]);
        expect(double.registry()).toMatchObject({ subset: true, force: false });
        await closeAll();
      }
    },
    LIMIT,
  );
});
