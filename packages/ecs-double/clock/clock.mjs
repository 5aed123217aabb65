// Virtual time. It stands still until it is advanced; advancing runs every due event in order: a discrete-event simulation.
//
// Clients share it (README.md, "The clock"): a client that sleeps asks the double to advance. A client alone is advanced at once. Clients that joined sleep
// together: time moves only when every one of them is asleep, and then to the earliest end, so that two processes see one and the same history.

/**
 * @typedef {{ time: number, order: number, run: () => unknown }} DueEvent
 * @typedef {{ until: number, wake: (now: number) => void }} Sleep
 * @typedef {ReturnType<typeof makeClock>} Clock
 */

/**
 * `turn` runs one thing at a time (makeTurns below): requests and the passing of time never overlap.
 * @param {{ start: number, turn: ReturnType<typeof makeTurns> }} options
 */
export function makeClock({ start, turn }) {
  let now = start;
  let order = 0;
  /** @type {DueEvent[]} */
  const due = [];
  /** @type {Sleep[]} */
  const watchers = [];
  /** @type {Map<string, Sleep[]>} */
  const joined = new Map();

  /**
   * @param {number} time
   * @param {() => unknown} run
   */
  function at(time, run) {
    const event = { time: Math.max(time, now), order: (order += 1), run };
    let place = due.length;
    while (place > 0 && later(due[place - 1], event)) place -= 1;
    due.splice(place, 0, event);
    return () => {
      const found = due.indexOf(event);
      if (found >= 0) due.splice(found, 1);
    };
  }

  /**
   * Only for what already has the turn.
   * @param {number} target
   */
  async function run(target) {
    for (let event = due[0]; event !== undefined && event.time <= target; event = due[0]) {
      due.shift();
      now = event.time;
      await event.run();
    }
    now = Math.max(now, target);
    for (const watcher of watchers.splice(0)) {
      if (watcher.until <= now) watcher.wake(now);
      else watchers.push(watcher);
    }
    return now;
  }

  /**
   * @param {number} until
   * @param {string} [who]
   */
  async function sleep(until, who) {
    if (who === undefined || !joined.has(who)) return turn(() => run(until));
    if (until <= now) return now;
    return new Promise((wake) => {
      joined.get(who)?.push({ until, wake });
      void advanceSleepers();
    });
  }

  /** When every joined client sleeps: advances to the earliest end. */
  function advanceSleepers() {
    return turn(async () => {
      const sleepers = [...joined.values()];
      if (sleepers.length === 0 || sleepers.some((sleeps) => sleeps.length === 0)) return;
      await run(Math.min(...sleepers.flat().map((one) => one.until)));
      for (const sleeps of sleepers) {
        const over = sleeps.filter((one) => one.until <= now);
        for (const one of over) {
          sleeps.splice(sleeps.indexOf(one), 1);
          one.wake(now);
        }
      }
    });
  }

  return {
    now: () => now,
    at,
    /** @type {(seconds: number, event: () => unknown) => () => void} */
    after: (seconds, event) => at(now + seconds * 1000, event),
    run,
    /** @type {(ms: number) => Promise<number>} */
    advance: (ms) => turn(() => run(now + ms)),
    /** @type {(time: number) => Promise<number>} */
    advanceTo: (time) => turn(() => run(time)),
    sleep,
    /** @type {(who: string) => void} */
    join: (who) => void joined.set(who, joined.get(who) ?? []),
    /**
     * Also for a process that was killed: the others must not wait for it.
     * @param {string} who
     */
    leave(who) {
      for (const one of joined.get(who) ?? []) one.wake(now);
      joined.delete(who);
      void advanceSleepers();
    },
    /** @type {(who: string) => boolean} */
    sleeping: (who) => (joined.get(who) ?? []).length > 0,
    /**
     * Resolves when the time has come, moves nothing.
     * @type {(until: number) => Promise<number>}
     */
    reached: (until) => (until <= now ? Promise.resolve(now) : new Promise((wake) => watchers.push({ until, wake }))),
    /** When the next thing happens, or undefined. */
    next: () => due[0]?.time,
  };
}

/**
 * @param {DueEvent} a
 * @param {DueEvent} b
 */
function later(a, b) {
  return a.time > b.time || (a.time === b.time && a.order > b.order);
}

/** turn(run) runs one function after another. A failure rejects for its caller only. */
export function makeTurns() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  /**
   * @template T
   * @param {() => T | Promise<T>} run
   * @returns {Promise<T>}
   */
  return (run) => {
    const result = last.then(run);
    last = result.catch(() => {});
    return result;
  };
}
