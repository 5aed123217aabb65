import { planOf, type Wish } from '../../../../../testing/rollouts/kit';
import { KdcubeError } from '../../../../problem/problem';
import type { StrategySettings } from '../port/port';
import { toStrategySettings } from '../port/strategy-response';
import type { Rollout } from '../rollout';
import { checkStrategies } from './preflight';
import type { Stage } from './stages';

/** What refuses a service that has this strategy; undefined if nothing does. */
async function refusal(
  strategy: StrategySettings,
  options: { timeout?: number; waitUntil?: Stage; name?: string; wish?: Wish; secrets?: object } = {},
): Promise<string | undefined> {
  const { timeout = 40, waitUntil, name = 'ui', wish = { changes: ['ui'] }, secrets } = options;
  const plan = planOf(wish);
  const rollout = {
    plan: { ...plan, descriptor: { ...plan.descriptor, ...(secrets && { secrets }) } },
    options: { timeout: timeout * 60_000, ...(waitUntil && { waitUntil }) },
    ecs: { listServiceDeployments: async () => [] },
  };
  try {
    await checkStrategies(rollout as unknown as Rollout, [{ name: `acme-${name}`, strategy }] as never);
    return undefined;
  } catch (error) {
    const [problem] = (error as KdcubeError).problems;
    return `${problem!.code}: ${problem!.message} | ${problem!.hint}`;
  }
}

const settings = (response: object) => toStrategySettings(response);

it.each([
  ['ROLLING', {}],
  ['BLUE_GREEN', { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 30 }],
  [
    'LINEAR: no wait after the last step',
    { strategy: 'LINEAR', linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 10 } },
  ],
  [
    'early success that waits for everything',
    { earlySuccessCriteria: { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'BLOCKING' } },
  ],
])('%s fits', async (_, response) => {
  expect(await refusal(settings(response))).toBeUndefined();
});

it.each([
  [
    'a strategy of tomorrow',
    { strategy: 'SHADOW' },
    /^service-not-deployable: The service acme-ui has the deployment strategy SHADOW/,
  ],
  [
    'early success criteria',
    { earlySuccessCriteria: { enable: true, healthyPercent: 100, sourceServiceRevisionCleanup: 'DEFERRED' } },
    /early success criteria \(healthyPercent 100, DEFERRED\)/,
  ],
  [
    'few healthy tasks',
    { earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: 'BLOCKING' } },
    /early success criteria \(healthyPercent 50, BLOCKING\)/,
  ],
  [
    'a long bake',
    { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 31 },
    /^wrong-option: .* about 41 minutes .*--timeout=41.*--waitUntil=BAKE_TIME/s,
  ],
  ['the defaults of LINEAR', { strategy: 'LINEAR' }, /about 64 minutes \(LINEAR: 54 to shift traffic, 0 in BAKE_TIME/],
])('%s is refused', async (_, response, why) => {
  expect(await refusal(settings(response))).toMatch(why);
});

it('waitUntil leaves out the waits behind its stage', async () => {
  const canary = settings({ strategy: 'CANARY', bakeTimeInMinutes: 600, canaryConfiguration: { canaryBakeTimeInMinutes: 60 } });
  expect(await refusal(canary, { waitUntil: 'BAKE_TIME' })).toMatch(/about 70 minutes/);
  expect(await refusal(canary, { waitUntil: 'PRODUCTION_TRAFFIC_SHIFT' })).toBeUndefined();
  expect(await refusal(canary, { waitUntil: 'CLEAN_UP', timeout: 600 })).toMatch(/about 670 minutes/);
});

describe('waitUntil, if what proc reads is written', () => {
  const strategy = settings({ strategy: 'BLUE_GREEN' });
  const waitUntil = 'BAKE_TIME' as const;

  it.each<[string, { name: string; wish: Wish; secrets?: object }, RegExp]>([
    [
      'the bundle registry',
      { name: 'proc', wish: { changes: ['proc'] } },
      /acme-proc here: Redis is overwritten .*without --wait/s,
    ],
    ['the gateway', { name: 'proc', wish: { changes: ['ingress'], gateway: true } }, /acme-proc here: Redis is overwritten/],
    [
      'secrets',
      { name: 'proc', wish: { changes: ['proc'], force: false }, secrets: { writes: [{}], reload: false } },
      /acme-proc here: the bundle descriptor in Secrets Manager is written/,
    ],
    [
      'a reload',
      { name: 'proc', wish: { changes: ['proc'], force: false }, secrets: { writes: [], reload: true } },
      /acme-proc here: the bundle descriptor/,
    ],
  ])('%s: refused', async (_, options, why) => {
    expect(await refusal(strategy, { ...options, waitUntil })).toMatch(why);
    expect(await refusal(strategy, options)).toBeUndefined();
  });

  it.each<[string, { name: string; wish: Wish; secrets?: object }]>([
    ['only the image of proc', { name: 'proc', wish: { changes: ['proc'], force: false } }],
    ['another service', { name: 'ui', wish: { changes: ['proc', 'ui'] } }],
    ['another service, and secrets', { name: 'ui', wish: { changes: ['ui'] }, secrets: { writes: [{}], reload: true } }],
  ])('%s: fits', async (_, options) => {
    expect(await refusal(strategy, { ...options, waitUntil })).toBeUndefined();
  });
});
