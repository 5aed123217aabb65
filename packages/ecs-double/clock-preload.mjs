// node --import …/clock-preload.mjs: this process sleeps on the clock that ECS_DOUBLE_CLOCK names (README.md, "The clock").
import { connectClock } from './clock/client.mjs';
import { useVirtualTime } from './clock/virtual-time.mjs';

const url = process.env.ECS_DOUBLE_CLOCK;
if (!url)
  throw new Error('clock-preload.mjs: ECS_DOUBLE_CLOCK is not set. Set it to the URL of the double, or of a clock before it.');

let start = 0;
let clock;
let connection;

// Many processes of a command never sleep: the first sleep connects.
useVirtualTime({
  now: () => (clock ? clock.now() - start : 0),
  async sleep(milliseconds) {
    await (connection ??= connect());
    await clock.sleep(milliseconds);
  },
});

async function connect() {
  clock = await connectClock(url);
  start = clock.now();
}
