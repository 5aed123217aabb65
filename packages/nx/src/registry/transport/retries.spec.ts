import { KdcubeError } from '@kdcube/release/internal';
import { retryable, retryPolicy, withRetries } from './retries';

const failure = (message = 'registry.example does not respond. It said: no.') =>
  new KdcubeError({ code: 'registry-unreachable', message });

/** A transport that records what it prints and how long it waits. */
function transportOf(attempts = 4) {
  const lines: string[] = [];
  const waits: number[] = [];
  const transport = {
    attempts,
    onRetry: (line: string) => void lines.push(line),
    sleep: async (ms: number) => void waits.push(ms),
  } as never;
  return { transport, lines, waits };
}

it('waits longer each time, tries as often as the transport says, and throws the last error', async () => {
  const { transport, lines, waits } = transportOf();
  let calls = 0;
  const work = async () => {
    calls += 1;
    throw retryable(failure(`registry.example fails for the time ${calls}.`));
  };
  await expect(withRetries(transport, 'registry.example', work)).rejects.toThrow('for the time 4');
  expect([calls, waits]).toEqual([4, [500, 1000, 2000]]);
  expect(lines).toEqual([
    'registry.example fails for the time 1. Trying again in 1 s.',
    'registry.example fails for the time 2. Trying again in 1 s.',
    'registry.example fails for the time 3. Trying again in 2 s.',
  ]);
});

it('waits at least as long as the registry asks for, and shows whole seconds, rounded up', async () => {
  const { transport, lines, waits } = transportOf();
  const wait = retryPolicy(transport, 'registry.example');
  await wait(retryable(failure('It is busy.'), { waitAtLeast: 7001 }));
  await wait(retryable(failure('It is busy.'), { waitAtLeast: 1000 }));
  expect(waits).toEqual([7001, 1000]);
  // The host is added where the message does not begin with it.
  expect(lines).toEqual([
    'registry.example: It is busy. Trying again in 8 s.',
    'registry.example: It is busy. Trying again in 1 s.',
  ]);
});

it('a stale connection is opened again at once, but only one time and only as the first failure', async () => {
  const { transport, waits } = transportOf();
  const wait = retryPolicy(transport, 'registry.example');
  await wait(retryable(failure(), { stale: true }));
  expect(waits).toEqual([]);
  await wait(retryable(failure(), { stale: true }));
  expect(waits).toEqual([500]);
  const other = retryPolicy(transport, 'registry.example');
  await other(retryable(failure()));
  await other(retryable(failure(), { stale: true }));
  expect(waits).toEqual([500, 500, 1000]);
});

it('an error that is not marked is thrown at once; one that was given up is not tried again elsewhere', async () => {
  const { transport, waits } = transportOf(1);
  await expect(retryPolicy(transport, 'x')(new Error('a bug'))).rejects.toThrow('a bug');
  await expect(retryPolicy(transport, 'x')(failure())).rejects.toThrow('does not respond');
  const last = retryable(failure());
  await expect(retryPolicy(transport, 'x')(last)).rejects.toBe(last);
  await expect(retryPolicy(transportOf().transport, 'x')(last)).rejects.toBe(last);
  expect(waits).toEqual([]);
});
