// A line with a round trip time, before a registry: a process of its own, so that its timers are not late because the bench is busy.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';

/** Starts one. `roundTrip`: milliseconds. Returns { host, count(), close() }; count() gives the bytes that went each way since the last time it was asked. */
export async function startProxy(upstream, roundTrip) {
  const child = fork(import.meta.filename, [upstream, String(roundTrip)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port }] = await once(child, 'message');
  return {
    host: `127.0.0.1:${port}`,
    async count() {
      child.send('count');
      return (await once(child, 'message'))[0];
    },
    async close() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

if (process.send && process.argv[1] === import.meta.filename) serve(process.argv[2], Number(process.argv[3]));

function serve(upstream, roundTrip) {
  const [host, port] = upstream.split(':');
  let counted = { up: 0, down: 0 };
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = net.connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    // A connection costs a round trip before anything can be said on it; here it stands at once, so the first bytes wait for that.
    carry(near, far, roundTrip / 2, roundTrip, (bytes) => (counted.up += bytes));
    carry(far, near, roundTrip / 2, 0, (bytes) => (counted.down += bytes));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ])
      one.on('error', () => other.destroy());
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('message', () => {
    process.send(counted);
    counted = { up: 0, down: 0 };
  });
  process.on('disconnect', () => process.exit(0));
}

/** Passes on what comes, late and in order. */
function carry(from, to, delay, atFirst, count) {
  const waiting = [];
  let free = performance.now() + atFirst;
  const later = (work) => {
    free = Math.max(free, performance.now());
    waiting.push(work);
    // Timers of different lengths may swap places: each does the work that has waited longest.
    setTimeout(() => waiting.shift()(), free - performance.now() + delay);
  };
  from.on('data', (chunk) => {
    count(chunk.length);
    later(() => void (to.destroyed || to.write(chunk)));
  });
  from.on('end', () => later(() => to.end()));
}
