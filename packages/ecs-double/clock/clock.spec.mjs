// Virtual time: in one process, over HTTP, and for several clients.
import { connectClock } from './client.mjs';
import { makeClock, makeTurns } from './clock.mjs';
import { startDouble, deploy, isFinished, until } from '../testing/kit.mjs';

const started = [];
async function open(scenario) {
  const double = await startDouble(scenario);
  started.push(double);
  return { double };
}
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

describe('time', () => {
  test('stands still until it is advanced, and runs due events in order', async () => {
    const clock = makeClock({ start: 0, turn: makeTurns() });
    const seen = [];
    clock.after(2, () => seen.push(`two at ${clock.now()}`));
    clock.after(1, () => (seen.push(`one at ${clock.now()}`), clock.after(0.5, () => seen.push(`half at ${clock.now()}`))));
    const cancel = clock.after(1, () => seen.push('never'));
    cancel();
    clock.after(2, () => seen.push('and then'));
    await clock.advance(5000);
    expect([seen, clock.now()]).toEqual([['one at 1000', 'half at 1500', 'two at 2000', 'and then'], 5000]);
  });

  test('sleeps that a client has under way together take as long as the longest', async () => {
    const { double } = await open();
    const clock = await connectClock(double.url);
    const from = clock.now();
    await Promise.all([clock.sleep(10_000), clock.sleep(30_000), clock.sleep(20_000)]);
    expect([clock.now() - from, double.clock.now() - from]).toEqual([30_000, 30_000]);
  });

  test('clients that joined sleep together: none is overtaken, and one that left is not waited for', async () => {
    const { double } = await open();
    const [one, two] = [await connectClock(double.url, { who: 'one' }), await connectClock(double.url, { who: 'two' })];
    const from = double.clock.now();
    const seen = [];
    const nap = (clock, name, ms) => clock.sleep(ms).then(() => seen.push(`${name} ${clock.now() - from}`));
    const first = nap(one, 'one', 10_000);
    expect(double.clock.now()).toBe(from);
    await Promise.all([first.then(() => nap(one, 'one', 10_000)), nap(two, 'two', 15_000).then(() => nap(two, 'two', 5_000))]);
    expect(seen.slice(0, 2)).toEqual(['one 10000', 'two 15000']);
    expect(seen.slice(2).sort()).toEqual(['one 20000', 'two 20000']);
    const alone = nap(one, 'one', 60_000);
    await two.leave();
    await alone;
    expect(double.clock.now() - from).toBe(80_000);
    await one.leave();
  });

  test('a client that is killed in its sleep is not waited for', async () => {
    const { double } = await open();
    const [one] = [await connectClock(double.url, { who: 'one' }), await connectClock(double.url, { who: 'two' })];
    const from = double.clock.now();
    const killed = new AbortController();
    const body = JSON.stringify({ until: from + 1000, who: 'two' });
    const asleep = fetch(`${double.url}/__clock/sleep`, { method: 'POST', body, signal: killed.signal }).catch(
      (error) => error.name,
    );
    while (!double.clock.sleeping('two')) await new Promise((resolve) => setTimeout(resolve, 1));
    killed.abort();
    expect(await asleep).toBe('AbortError');
    while (double.clock.sleeping('two')) await new Promise((resolve) => setTimeout(resolve, 1));
    await one.sleep(60_000);
    expect(double.clock.now() - from).toBe(60_000);
  });

  test('a watcher resolves, and advances nothing', async () => {
    const { double } = await open();
    const at = double.clock.now() + 5000;
    const response = fetch(`${double.url}/__clock/wait?until=${at}`).then((answer) => answer.json());
    await double.clock.advance(5000);
    expect(await response).toEqual({ now: at });
  });

  test('two runs give the same history', async () => {
    const history = async () => {
      const { double } = await open({ rules: [{ match: { taskDefinition: 'app:2' }, do: { pull: 'x' } }] });
      await deploy(double);
      await until(double, isFinished);
      return JSON.stringify(double.journal.entries);
    };
    expect(await history()).toBe(await history());
  });
});
