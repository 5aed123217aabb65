import { NEW, planOf, startDouble, SERVICES, type EcsDouble } from '../../../../testing/rollouts/kit';
import { deploy, killAfter } from '../../../../testing/rollouts/run';
import { truth } from '../../../../testing/rollouts/truth';

const WISH = { setup: true, exec: true } as const;
const SUCCEEDING = [{ match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } }];
const CRASHING = [...SUCCEEDING, { match: { service: 'acme-ui', image: NEW.slice(7, 20) }, do: { exit: { code: 3, after: 2 } } }];
const WRITES = ['registerTaskDefinition', 'updateService', 'runTask', 'tagResource', 'untagResource'];
/** KD_FULL=1: after every call; KD_FULL=2/4: after every call of the second quarter of them, as the nightly jobs do. Else after every call that writes, and some of those between. */
const [PART = 0, PARTS = 1] = process.env.KD_FULL?.split('/').map(Number) ?? [];
const FULL = PART > 0;
// A limit is for what hangs: in full these are some hundred deploys. It is less than that of `npm test`, so that there is a report.
const LIMIT = FULL ? 25 * 60_000 : 300_000;

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

/** The calls to kill after, by their number. */
function cuts(calls: readonly string[]): number[] {
  const numbers = calls.map((_, index) => index + 1);
  if (FULL) return numbers.filter((number) => number % PARTS === PART % PARTS);
  return numbers.filter((number) => WRITES.includes(calls[number - 1]!) || number % 23 === 1);
}

/** Of a deploy that fails: the calls after the setup task. Those before are the same in a deploy that succeeds. */
function cutsAfterSetup(calls: readonly string[]): number[] {
  return cuts(calls).filter((number) => FULL || (number > calls.lastIndexOf('runTask') && number % 2 === 0));
}

interface Killed {
  after: number;
  /** The last call that was made. */
  call?: string;
  exit: number;
  message: string;
  now: Awaited<ReturnType<typeof truth>> & { revisions: string[] };
}

async function state(double: EcsDouble): Promise<Killed['now']> {
  return { ...(await truth(double, planOf(WISH))), revisions: await revisions(double) };
}

/** A deploy that is not killed: its calls, and the state afterwards. */
async function completeDeploy(rules: object[], exit: number): Promise<{ calls: string[]; now: Killed['now'] }> {
  const double = await open(rules);
  const kill = killAfter(Infinity);
  expect((await deploy(double, planOf(WISH), {}, {}, { kill })).exit).toBe(exit);
  return { calls: kill.calls, now: await state(double) };
}

/** Kills the deploy after each of the calls, and runs it again so many seconds later. The registry must match what runs. */
async function eachKilled(
  rules: object[],
  numbers: readonly number[],
  later: (after: number) => number,
  check: (killed: Killed) => void,
): Promise<void> {
  for (const after of numbers) {
    const double = await open(rules);
    const kill = killAfter(after);
    await deploy(double, planOf(WISH), {}, {}, { kill });
    await double.clock.advance(later(after) * 1000);
    const { exit, message } = await deploy(double, planOf(WISH));
    check({ after, call: kill.calls.at(-1), exit, message, now: await state(double) });
    expect({ after, ...double.registry() }).toMatchObject({ after, subset: true, force: false });
    await closeAll();
  }
}

describe('kill -9 after a call, and the same deploy again', () => {
  it(
    'ends in the same state as a deploy without an interruption, and registers nothing twice',
    async () => {
      const { calls, now } = await completeDeploy(SUCCEEDING, 0);
      expect(now.pinned).toBe(true);
      expect(calls.filter((name) => WRITES.includes(name)).length).toBeGreaterThan(12);
      await eachKilled(
        SUCCEEDING,
        cuts(calls),
        (after) => after * 7,
        ({ after, call, ...ended }) => expect({ after, call, ...ended }).toEqual({ after, call, exit: 0, message: '', now }),
      );
    },
    LIMIT,
  );

  it(
    'also during a rollback: the next run fails in the same way, and every service runs its previous revision',
    async () => {
      const { calls } = await completeDeploy(CRASHING, 12);
      const runs = Object.fromEntries(SERVICES.map((name) => [name, `${name}:1`]));
      await eachKilled(
        CRASHING,
        cutsAfterSetup(calls),
        () => 0,
        ({ after, call, exit, now }) => expect({ after, call, exit, runs: now.runs }).toEqual({ after, call, exit: 12, runs }),
      );
    },
    LIMIT,
  );
});
