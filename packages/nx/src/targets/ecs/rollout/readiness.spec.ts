import type { DeployPlan } from '@kdcube/release/internal';
import { listed, readinessAt, type BundleAnswer } from '../../../../../release/testing/rollouts/bundles';
import { startBundles } from '../../../../testing/rollouts/bundles';
import { askIfPossible, readinessPort } from './readiness';

const TOKEN = 'Bearer s3cr3t-of-the-operator';
const stops: (() => Promise<void>)[] = [];
beforeEach(() => {
  process.env.KD_TEST_TOKEN = TOKEN;
});
afterEach(async () => {
  delete process.env.KD_TEST_TOKEN;
  for (const stop of stops.splice(0)) await stop();
});

async function endpoint(answer: BundleAnswer) {
  const started = await startBundles(() => answer);
  stops.push(started.close);
  return started;
}

/** Only an endpoint that never answers is given little time: a busy machine may answer late. */
function ask(url: string, headers: Record<string, string> = { Authorization: 'KD_TEST_TOKEN' }, timeout = 30_000) {
  const readiness = readinessAt(url, { headers })!;
  return readinessPort({ environment: 'prod', readiness } as DeployPlan, timeout)!.ask(readiness);
}

it('sends the credential, and reads the answer and its process', async () => {
  const { url, seen } = await endpoint({ body: listed(), process: 'proc-1/7' });
  expect(await ask(url)).toEqual({ status: 200, type: 'application/json', body: JSON.stringify(listed()), process: 'proc-1/7' });
  expect(seen.map(({ headers }) => headers.authorization)).toEqual([TOKEN]);
});

it('a rollback without the credential does not ask, and says so', () => {
  const readiness = readinessAt('https://app.example.com/x', { headers: { Authorization: 'KD_TEST_TOKEN' } })!;
  const plan = { environment: 'prod', readiness, notes: ['rollback'] } as unknown as DeployPlan;
  expect(askIfPossible(plan)).toBe(plan);
  delete process.env.KD_TEST_TOKEN;
  const { readiness: asked, notes } = askIfPossible(plan);
  expect([asked, notes]).toEqual([undefined, ['rollback', expect.stringContaining('KD_TEST_TOKEN is not set')]]);
});

it('does not follow a redirect: another host gets neither a request nor the credential', async () => {
  const other = await endpoint({ body: listed() });
  const { url } = await endpoint({ status: 307, location: other.url });
  expect(await ask(url)).toMatchObject({ status: 307, redirect: new URL(other.url).host });
  expect(other.seen).toEqual([]);
});

it.each<[string, BundleAnswer, unknown]>([
  ['never answers', 'never', { unanswered: 'it does not answer' }],
  ['10 MB', { body: 'x'.repeat(10_000_000) }, { unanswered: 'its answer is larger than 1 MiB' }],
  ['10 MB with an error', { status: 500, body: 'x'.repeat(10_000_000) }, { status: 500, type: 'application/json', body: '' }],
  ['a redirect to nowhere', { status: 302, location: 'http://' }, { status: 302, redirect: 'an invalid URL' }],
])('%s', async (_, answer, expected) => {
  const { url } = await endpoint(answer);
  expect(await ask(url, undefined, answer === 'never' ? 300 : undefined)).toMatchObject(expected as object);
});

it('a host that nothing listens on the port on', async () => {
  const { url } = await endpoint('never');
  await stops.pop()!();
  expect(await ask(url)).toEqual({ unanswered: 'it cannot be reached (ECONNREFUSED)' });
});

it('masks a credential that the endpoint repeats, with and without its scheme', async () => {
  const { url } = await endpoint({ body: `you sent ${TOKEN}; the token is s3cr3t-of-the-operator` });
  const answer = await ask(url);
  expect(JSON.stringify(answer)).not.toContain('s3cr3t');
  expect(answer).toMatchObject({ body: 'you sent ***; the token is ***' });
});

it.each([
  ['is not set', undefined, /^KD_TEST_TOKEN is not set: readiness\.headers of prod/],
  ['is empty', '', /KD_TEST_TOKEN is not set/],
  ['has a line break', 'Bearer s3cr3t\nX-Other: 1', /value of KD_TEST_TOKEN cannot be sent as the header Authorization/],
])('a credential that %s is refused before any request, and never shown', async (_, value, message) => {
  const { url, seen } = await endpoint({ body: listed() });
  if (value === undefined) delete process.env.KD_TEST_TOKEN;
  else process.env.KD_TEST_TOKEN = value;
  let thrown = '';
  try {
    await ask(url);
  } catch (error) {
    thrown = (error as Error).message;
  }
  expect(thrown).toMatch(/KD_TEST_TOKEN/);
  expect(thrown.split('\n').some((line) => new RegExp(message.source.replace(/^\^/, '')).test(line))).toBe(true);
  expect(thrown).not.toContain('s3cr3t');
  expect(seen).toEqual([]);
});

it.each(['http://127.0.0.2:9/', 'http://localhost.evil.example/', 'ftp://127.0.0.1/', 'no URL'])(
  'sends no credential to %s',
  (url) => {
    expect(() => ask(url)).toThrow(/readiness\.url in the plan for prod is not https/);
    expect(readinessPort({ environment: 'prod', readiness: readinessAt(url) } as DeployPlan)).toBeDefined();
  },
);

it('a plan that does not ask has no client', () => {
  expect(readinessPort({ environment: 'prod' } as DeployPlan)).toBeUndefined();
});
