import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { setUp, type VerifySetup } from '../../../testing/verify/kit';
import type { Malformed } from '../../../testing/verify/replay';
import type * as ReleasedImages from '../../images/released-images';
import verify from './executor';
import { restoreVariables } from '../../../testing/aws-kit';

jest.setTimeout(120_000);

/** The delays before retries, in milliseconds. */
const delays: number[] = [];
jest.mock('../../aws/clock', () => ({
  awsClock: () => ({ now: Date.now, sleep: async (milliseconds: number) => void delays.push(milliseconds) }),
}));

/** The images of the release are found by the first test: later ones differ only in the responses of AWS. */
jest.mock('../../images/released-images', () => {
  const real = jest.requireActual<typeof ReleasedImages>('../../images/released-images');
  let planned: Parameters<typeof real.releasedImages>[0] | undefined;
  let released: ReturnType<typeof real.releasedImages> | undefined;
  const withPlannedImages: typeof real.withPlannedImages = (open, names, options, log, work) =>
    planned
      ? work(planned)
      : real.withPlannedImages(open, names, options, log, (jobs) => {
          planned = jobs;
          return work(jobs);
        });
  const releasedImages: typeof real.releasedImages = (...given) => (released ??= real.releasedImages(...given));
  return { ...real, withPlannedImages, releasedImages };
});

const env = { ...process.env };
let setup: VerifySetup;
let output: string;

beforeAll(async () => {
  setup = await setUp();
});
beforeEach(async () => {
  output = '';
  delays.length = 0;
  captureOutput((text) => (output += text));
  await setup.prepare({ name: 'secrets are read' });
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await setup.close();
  restoreVariables(env);
});

/** Every action that `verify` calls. */
const ACTIONS = [
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

async function run(): Promise<{ success: boolean; statuses: string[] }> {
  const { success } = await verify(
    { environment: 'prod', secretKeys: true, layers: false, json: false },
    releaseContext(setup.workspace.root),
  );
  return { success, statuses: output.split('\n').map((line) => line.split(/ {3,}/)[0]!) };
}

it('calls these actions and no other', async () => {
  expect((await run()).success).toBe(true);
  expect([...new Set(setup.aws.actions)].sort()).toEqual(ACTIONS);
});

const ALL_RETRIES = [500, 1_000, 2_000, 4_000, 8_000];
const INVALID = /is not a valid AWS response|and no error code: a proxy/;
const KINDS: [string, Malformed, string | RegExp, number[]][] = [
  ['denied', 'denied', 'not allowed to check: grant', []],
  ['throttled on every attempt', 'throttled', 'all retries failed', ALL_RETRIES],
  ['500 on every attempt', { status: 500, body: '' }, 'AWS is unreachable', ALL_RETRIES],
  ['a page of a proxy, with 502', { status: 502, body: '<html><br></html>' }, 'AWS is unreachable', ALL_RETRIES],
  ['cut in the middle', 'cut', 'AWS is unreachable', ALL_RETRIES],
  ['a page of a proxy', { status: 200, body: '<html><br></html>' }, INVALID, []],
  ['a page of XHTML', { status: 200, body: '<html><body>Sign in.</body></html>' }, INVALID, []],
  // Half of an error is still an error.
  ['half of it', 'half', /is not a valid AWS response|not allowed to check/, []],
  ['nothing', { status: 200, body: '' }, INVALID, []],
  ['{}', { status: 200, body: '{}' }, INVALID, []],
  ['null', { status: 200, body: 'null' }, INVALID, []],
  ['lists of nothing', 'empty', INVALID, []],
];

describe.each(ACTIONS)('%s', (action) => {
  it.each(KINDS)('%s: the result is unknown, with the reason', async (_, malformed, reason, expectedDelays) => {
    setup.aws.malformed = { [action]: malformed };
    const { success, statuses } = await run();
    expect([success, statuses.filter((status) => status === 'FAIL')]).toEqual([true, []]);
    const row = output.split('\n').filter((line) => line.startsWith('unknown'));
    expect(row).toContainEqual(expect.stringMatching(reason));
    expect(output).not.toContain('TypeError');
    if (expectedDelays.length === 0) expect(delays).toEqual([]);
    else expect(delays).toEqual(expect.arrayContaining(expectedDelays));
  });
});
