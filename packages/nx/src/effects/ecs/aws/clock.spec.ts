import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { ecsDouble } from '../../testing/aws-kit';
import { awsClock, openClock } from './clock';

const env = { ...process.env };
let said: string[];
const log = { note: (text: string) => void said.push(text) };

beforeEach(() => {
  said = [];
  for (const name of ['KDCUBE_CLOCK', 'AWS_ENDPOINT_URL']) delete process.env[name];
});
afterEach(() => {
  for (const name of ['KDCUBE_CLOCK', 'AWS_ENDPOINT_URL']) delete process.env[name];
  Object.assign(process.env, env);
});

it('is the machine’s; a stand-in for AWS may keep another one, which is said', async () => {
  const own = await openClock(log);
  expect([Math.abs(own.now() - Date.now()) < 60_000, said]).toEqual([true, []]);
  const double = await ecsDouble({ clusters: ['acme'], start: '2026-03-02T09:00:00Z' });
  try {
    process.env.KDCUBE_CLOCK = double.url;
    process.env.AWS_ENDPOINT_URL = double.url;
    const clock = await openClock(log);
    expect(said).toEqual([expect.stringContaining('KDCUBE_CLOCK')]);
    const begun = clock.now();
    expect(new Date(begun).toISOString()).toMatch(/^2026-03-02T/);
    await clock.sleep(20 * 60_000);
    expect(clock.now() - begun).toBe(20 * 60_000);
  } finally {
    await double.close();
  }
});

it('never counts for AWS itself, and must be a clock', async () => {
  const refused = (words: string) => ({ problems: [{ code: 'wrong-option', message: expect.stringContaining(words) }] });
  process.env.KDCUBE_CLOCK = 'http://127.0.0.1:1';
  await expect(openClock(log)).rejects.toMatchObject(refused('AWS itself'));
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
  await expect(openClock(log)).rejects.toMatchObject(refused('No clock answers'));
  process.env.KDCUBE_CLOCK = 'noon';
  await expect(openClock(log)).rejects.toMatchObject(refused('No clock answers'));
  const server = http.createServer((_, response) => response.end('{"now":"noon"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.KDCUBE_CLOCK = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(openClock(log)).rejects.toMatchObject(refused('is no clock'));
  server.close();
  expect(said).toEqual([]);
});

/** A machine whose clock somebody sets, and which may sleep. */
function machine() {
  const state = { wall: 1_000_000, counted: 50 };
  return { state, clock: awsClock({ wall: () => state.wall, counted: () => state.counted, sleep: async () => undefined }) };
}

it('begins with what the machine says, and then counts: a clock that is set moves nothing', () => {
  const { state, clock } = machine();
  expect(clock.now()).toBe(1_000_000);
  state.wall += 5 * 3_600_000;
  state.counted += 1_000;
  expect(clock.now()).toBe(1_001_000);
});

it('AWS puts it right, forwards and back, and a moment is no error', () => {
  const { clock } = machine();
  expect([clock.heard(1_002_500), clock.now()]).toEqual([false, 1_000_000]);
  expect([clock.heard(9_000_000), clock.now()]).toEqual([true, 9_000_000]);
  expect([clock.heard(500_000), clock.now()]).toEqual([true, 500_000]);
});

it('what is no time is not heard', () => {
  const { clock } = machine();
  expect([clock.heard(NaN), clock.heard(Infinity), clock.now()]).toEqual([false, false, 1_000_000]);
});
