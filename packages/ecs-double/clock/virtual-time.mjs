// Lets the code of this process sleep on a virtual clock: a sleep advances the clock and takes no real time.
import { performance } from 'node:perf_hooks';
import timers from 'node:timers/promises';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Replaces two functions of Node, and returns what puts them back:
 *  - `setTimeout` of node:timers/promises sleeps on `clock`. A call with a signal is a timeout, as execa's: it stays real, and so do the callback timers of the SDK and of Nx.
 *  - `performance.now` moves with `clock`, and only with it.
 * `Date` stays real. A client that corrects its clock by AWS's `date` headers gets the double's date from them.
 *
 * @param {import('./client.mjs').ClientClock} clock
 * @returns {() => void}
 */
export function useVirtualTime(clock) {
  const real = { setTimeout: timers.setTimeout, now: performance.now };
  const counted = performance.now();
  const start = clock.now();
  replace({
    setTimeout: /** @type {typeof timers.setTimeout} */ (
      async (milliseconds = 0, value, options) => {
        if (options?.signal) return real.setTimeout(milliseconds, value, options);
        await clock.sleep(milliseconds);
        return value;
      }
    ),
    now: () => counted + clock.now() - start,
  });
  return () => replace(real);
}

/** @param {{ setTimeout: typeof timers.setTimeout, now: typeof performance.now }} options */
function replace({ setTimeout, now }) {
  timers.setTimeout = setTimeout;
  performance.now = now;
  syncBuiltinESMExports();
}
