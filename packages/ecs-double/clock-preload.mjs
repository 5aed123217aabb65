// node --import …/clock-preload.mjs: this process sleeps on the clock that ECS_DOUBLE_CLOCK names (README.md, "The clock").
import { connectClock } from './clock/client.mjs';
import { useVirtualTime } from './clock/virtual-time.mjs';

const url = process.env.ECS_DOUBLE_CLOCK;
if (url === undefined || url === '')
  throw new Error('clock-preload.mjs: ECS_DOUBLE_CLOCK is not set. Set it to the URL of the double, or of a clock before it.');

let start = 0;
/** @type {Awaited<ReturnType<typeof connectClock>> | undefined} */
let clock;
/** @type {Promise<Awaited<ReturnType<typeof connectClock>>> | undefined} */
let connection;

// Many processes of a command never sleep: the first sleep connects.
useVirtualTime({
  now: () => (clock ? clock.now() - start : 0),
  /** @param {number} milliseconds */
  async sleep(milliseconds) {
    clock = await (connection ??= connect(url));
    await clock.sleep(milliseconds);
  },
});

/** @param {string} address */
async function connect(address) {
  const connected = await connectClock(address);
  start = connected.now();
  return connected;
}
