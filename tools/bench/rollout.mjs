// A deploy of four services against packages/ecs-double, in virtual seconds: the same on every machine, whatever else it does. README.md, "What a rollout costs beside ECS".
import { rolloutKit } from './rollout-kit.mjs';
import { columns } from './table.mjs';

const LATER = ['metrics', 'proxy'];
const WISH = { changes: ['ingress', 'ui', ...LATER], more: LATER };
/** Virtual seconds until a task of the new image is healthy, as different as those of real services. */
const SLOW = { ingress: 20, ui: 5, metrics: 37, proxy: 28 };

/** The rollouts, and what was measured of them. `arrange` may spoil a plan, to see that the goals can be missed. */
export async function rollouts({ arrange = (plan) => plan } = {}) {
  const kit = rolloutKit();
  const rules = Object.entries(SLOW).map(([name, healthyAfter]) => kit.rule(name, { healthyAfter }));
  const together = await measure(kit, arrange(kit.planOf(WISH)), { rules });
  const apart = await measure(kit, oneByOne(kit.planOf(WISH)), { rules });
  const alone = {};
  for (const name of WISH.changes)
    alone[name] = (await measure(kit, kit.planOf({ ...WISH, changes: [name] }), { rules })).waves[0].seconds;
  const failing = [...rules, kit.rule('metrics', { exit: { code: 3, after: 2 } })].reverse();
  const failed = await measure(kit, kit.planOf(WISH), { rules: failing }, { onFailure: 'stop' });
  const longest = (names) => Math.max(...names.map((name) => alone[name]));
  return {
    together,
    apart,
    alone,
    failed,
    // By what the plan says belongs together, whatever was carried out.
    floor: kit.planOf(WISH).waves.reduce((sum, { services }) => sum + longest(services), 0),
  };
}

export function oneByOne(plan) {
  return { ...plan, waves: plan.waves.flatMap(({ services }) => services.map((name) => ({ name, services: [name] }))) };
}

/** One deploy by the real client, and what its clock and the double's journal say of it. */
async function measure({ startDouble, servicesOf, deploy }, plan, scenario, options) {
  const double = await startDouble(scenario, servicesOf(WISH));
  try {
    const waves = [];
    const asked = () => double.journal.calls('DescribeServices');
    let slept = double.clock.now();
    let failed = false;
    const onEvent = (event) => {
      const now = double.clock.now();
      if (event.event === 'wave') waves.push({ names: event.services, from: now });
      const wave = waves.at(-1);
      // All services of a wave are set before it is watched: from there each read is one of its polls.
      if (event.event === 'update') Object.assign(wave, { asked: asked(), reads: 1, slept: 0 });
      if (event.event !== 'completed' && event.event !== 'failed') return;
      Object.assign(wave, { to: now, calls: asked() - wave.asked, polls: wave.reads, longest: wave.slept });
      if (event.event === 'failed') failed = true;
    };
    const afterSleep = async () => {
      const now = double.clock.now();
      const wave = waves.at(-1);
      if (wave?.reads) Object.assign(wave, { reads: wave.reads + 1, slept: Math.max(wave.slept, now - slept) });
      slept = now;
    };
    const ended = await deploy(double, plan, options, {}, { onEvent, afterSleep });
    return {
      exit: ended.exit,
      seconds: seconds(waves.at(-1).to - waves[0].from),
      waves: waves.map(({ names, from, to, polls, calls, longest }) => ({
        names,
        seconds: seconds(to - from),
        polls,
        calls,
        longest: seconds(longest),
      })),
      ...(failed && { delay: seconds(double.clock.now() - (await failedAt(double))) }),
    };
  } finally {
    await double.close();
  }
}

/** When ECS reported that a deployment had failed. */
async function failedAt(double) {
  const { services } = await double.as('DescribeServices', { cluster: 'acme', services: ['acme-metrics'] });
  const failures = services[0].events.filter(({ message }) => message.includes('deployment failed'));
  return Math.min(...failures.map(({ createdAt }) => createdAt * 1000));
}

function seconds(milliseconds) {
  return milliseconds / 1000;
}

export function printRollouts({ together, apart, alone, failed, floor }) {
  const row = (name, { seconds: took, waves }) => [
    name,
    `${took} s`,
    `${waves.reduce((sum, { polls }) => sum + polls, 0)}`,
    `${waves.reduce((sum, { calls }) => sum + calls, 0)}`,
  ];
  const names = waves(together);
  return [
    'a deploy of four services, in virtual seconds',
    columns([
      ['', 'took', 'polls', 'DescribeServices'],
      row(`in waves: ${names}`, together),
      row('one after the other', apart),
      [`the longest of each wave, alone`, `${floor} s`, '', ''],
      ...Object.entries(alone).map(([name, took]) => [`  ${name} alone`, `${took} s`, '', '']),
      row('metrics crashes, --onFailure=stop', failed),
      ['  from ECS’s event to the exit', `${failed.delay} s`, '', ''],
    ]),
  ].join('\n');
}

function waves({ waves: all }) {
  return all.map(({ names }) => names.join(' + ')).join(', then ');
}
