import { hear, releaseContext } from '../../effects/testing/hear';
import { stage, type Stage } from '../../effects/testing/verify/kit';
import type { Garbled } from '../../effects/testing/verify/replay';
import verify from './executor';

jest.setTimeout(120_000);

/** How long was waited, in milliseconds. */
const waits: number[] = [];
jest.mock('../../effects/ecs/aws/clock', () => ({
  awsClock: () => ({ now: Date.now, sleep: async (milliseconds: number) => void waits.push(milliseconds) }),
}));

const env = { ...process.env };
let at: Stage;
let said: string;

beforeAll(async () => {
  at = await stage();
});
beforeEach(async () => {
  said = '';
  waits.length = 0;
  hear((text) => (said += text));
  await at.set({ name: 'secrets are read' });
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await at.end();
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, env);
});

/** Every question that is asked of AWS. */
const ASKED = [
  'DescribeAccessPoints',
  'DescribeClusters',
  'DescribeFileSystems',
  'DescribeLoadBalancerAttributes',
  'DescribeLogGroups',
  'DescribeMountTargetSecurityGroups',
  'DescribeMountTargets',
  'DescribeParameters',
  'DescribeSecret',
  'DescribeSecurityGroups',
  'DescribeServices',
  'DescribeSubnets',
  'DescribeTargetGroups',
  'GetCallerIdentity',
  'GetRole',
  'GetSecretValue',
  'GetServiceQuota',
  'ListServiceQuotas',
  'SimulatePrincipalPolicy',
];

async function run(): Promise<{ success: boolean; marks: string[] }> {
  const { success } = await verify({ environment: 'prod', secretKeys: true, json: false }, releaseContext(at.ours.root));
  return { success, marks: said.split('\n').map((line) => line.split(/ {3,}/)[0]!) };
}

it('asks this, and no more', async () => {
  expect((await run()).success).toBe(true);
  expect([...new Set(at.aws.asked)].sort()).toEqual(ASKED);
});

const FOR_EVER = [500, 1_000, 2_000, 4_000, 8_000];
const UNREADABLE = /is not what Amazon documents|and no reason: a proxy/;
const KINDS: [string, Garbled, string | RegExp, number[]][] = [
  ['denied', 'denied', 'may not be asked: allow', []],
  ['throttled for ever', 'throttled', 'it is asked too often', FOR_EVER],
  ['500 for ever', { status: 500, body: '' }, 'AWS cannot be reached', FOR_EVER],
  ['a page of a proxy, with 502', { status: 502, body: '<html><br></html>' }, 'AWS cannot be reached', FOR_EVER],
  ['cut in the middle', 'cut', 'AWS cannot be reached', FOR_EVER],
  ['a page of a proxy', { status: 200, body: '<html><br></html>' }, UNREADABLE, []],
  ['a page of XHTML', { status: 200, body: '<html><body>Sign in.</body></html>' }, UNREADABLE, []],
  // Of a refusal, half is enough.
  ['half of it', 'half', /is not what Amazon documents|may not be asked/, []],
  ['nothing', { status: 200, body: '' }, UNREADABLE, []],
  ['{}', { status: 200, body: '{}' }, UNREADABLE, []],
  ['null', { status: 200, body: 'null' }, UNREADABLE, []],
  ['lists of nothing', 'empty', UNREADABLE, []],
];

describe.each(ASKED)('%s', (action) => {
  it.each(KINDS)('%s: that is not known, and it is said why', async (_, garbled, why, waited) => {
    at.aws.garbled = { [action]: garbled };
    const { success, marks } = await run();
    expect([success, marks.filter((mark) => mark === 'WRONG')]).toEqual([true, []]);
    const row = said.split('\n').filter((line) => line.startsWith('not known'));
    expect(row).toContainEqual(expect.stringMatching(why));
    expect(said).not.toContain('TypeError');
    if (waited.length === 0) expect(waits).toEqual([]);
    else expect(waits).toEqual(expect.arrayContaining(waited));
  });
});
