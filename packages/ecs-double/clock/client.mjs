// The clock for a client in another process: { now(), sleep(ms) } over HTTP. README.md, "The clock", has the contract.

/** @typedef {{ now(): number, sleep(ms: number): Promise<unknown> }} ClientClock */

/**
 * `who` joins: from then on time moves only when everybody who joined sleeps. Call leave() at the end.
 * @param {string} url
 * @param {{ who?: string }} [options]
 */
export async function connectClock(url, { who } = {}) {
  let { now } = await ask(url, 'GET', '/__clock');
  if (who !== undefined) await ask(url, 'POST', '/__clock/join', { who });
  return {
    now: () => now,
    /**
     * Ends at this client's own now + ms, however many sleeps it has under way.
     * @param {number} ms
     */
    async sleep(ms) {
      const response = await ask(url, 'POST', '/__clock/sleep', { until: now + ms, who });
      now = Math.max(now, response.now);
    },
    leave: () => (who === undefined ? undefined : ask(url, 'POST', '/__clock/leave', { who })),
  };
}

/**
 * @param {string} url
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function ask(url, method, path, body) {
  const response = await fetch(new URL(path, url), { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  if (!response.ok) throw new Error(`The double's clock answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
