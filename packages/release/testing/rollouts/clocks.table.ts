import { definition, OLD, PLACE, type EcsDouble } from './kit';
import type { Meanwhile } from './run';
import { type Row, CRASH, INGRESS, rule, UI } from './row';

const HOUR = 3_600_000;
/** AWS rejects requests that were signed at another time. */
const STRICT = { signedWithin: 900 };
const NEW_UI = { proc: 'proc:1', ingress: 'ingress:1', ui: 'ui:2' };

/** The machine’s clock is wrong by so many milliseconds, from the beginning or from so many seconds on. */
function off(by: number, from = 0): Meanwhile {
  return {
    machine: ({ time }) => {
      const set = time.now() + from * 1000;
      return { wall: () => time.now() + (time.now() >= set ? by : 0) };
    },
  };
}

/** The machine sleeps during the rollout: time passes for AWS, and not for the monotonic clock of the machine. */
function asleep(milliseconds: number): Meanwhile {
  const sleeps = new WeakMap<EcsDouble, { startedAt: number; slept: number }>();
  const sleepOf = (double: EcsDouble) => {
    const sleep = sleeps.get(double) ?? { startedAt: double.time.now(), slept: 0 };
    sleeps.set(double, sleep);
    return sleep;
  };
  return {
    machine: (double) => {
      const sleep = sleepOf(double);
      return { counted: () => double.time.now() - sleep.slept };
    },
    async afterSleep(double) {
      const sleep = sleepOf(double);
      if (sleep.slept > 0 || double.time.now() < sleep.startedAt + 30_000) return;
      sleep.slept = milliseconds;
      await double.clock.advance(milliseconds);
    },
  };
}

/** A clock that is wrong, or jumps. */
export const CLOCKS: Row[] = [
  {
    name: 'the clock is set five hours forward during a rollout',
    wish: INGRESS,
    scenario: { ...STRICT, rules: [rule('ingress', CRASH)] },
    meanwhile: off(5 * HOUR, 40),
    exit: 12,
    message: /KeyError: boom/,
    runs: 'old',
  },
  {
    name: 'the clock is set five hours back during a rollout',
    scenario: STRICT,
    meanwhile: off(-5 * HOUR, 40),
    exit: 0,
    runs: 'new',
  },
  {
    name: 'the clock is five hours fast',
    wish: INGRESS,
    scenario: { ...STRICT, rules: [rule('ingress', { pull: 'pull access denied' })] },
    meanwhile: off(5 * HOUR),
    exit: 10,
    message: /pull access denied/,
    runs: 'old',
  },
  {
    name: 'the clock is five hours fast, and the old descriptor was forced just before',
    scenario: STRICT,
    before: async (double) => {
      await double.as('RegisterTaskDefinition', definition('proc', OLD, [{ name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' }]));
      await double.as('UpdateService', { cluster: PLACE.cluster, service: 'acme-proc', taskDefinition: 'acme-proc:2' });
      await double.clock.advance(45_000);
    },
    meanwhile: off(5 * HOUR),
    exit: 0,
    runs: { proc: 'proc:3', ingress: 'ingress:2', ui: 'ui:2' },
  },
  {
    name: 'the clock is a day slow',
    wish: INGRESS,
    scenario: { ...STRICT, rules: [rule('ingress', CRASH)] },
    meanwhile: off(-24 * HOUR),
    exit: 12,
    message: /KeyError: boom/,
    runs: 'old',
  },
  {
    name: 'the machine sleeps for two hours during a successful rollout',
    wish: UI,
    meanwhile: asleep(2 * HOUR),
    exit: 0,
    runs: NEW_UI,
  },
  {
    name: 'the machine sleeps while ECS rolls back',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', CRASH)] },
    meanwhile: asleep(45 * 60_000),
    exit: 12,
    message: /ECS rolled ingress back.*KeyError: boom/s,
    runs: 'old',
  },
  {
    name: 'the machine sleeps until ECS has forgotten the stopped tasks',
    wish: INGRESS,
    scenario: { rules: [rule('ingress', CRASH)] },
    meanwhile: asleep(3 * HOUR),
    behindProc: 'elsewhere',
    exit: 17,
    message: /ECS rolled ingress back/,
    runs: 'old',
  },
];
