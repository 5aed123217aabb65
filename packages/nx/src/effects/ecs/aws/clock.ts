import type { Clock } from '@kdcube/release';

/** Time as it passes. */
export const realClock: Clock = {
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** KDCUBE_CLOCK names the clock of an ECS double: a rollout of twenty minutes is then over in a second. Everywhere else it is the machine's. */
export async function openClock(url: string | undefined = process.env.KDCUBE_CLOCK): Promise<Clock> {
  if (!url) return realClock;
  let { now } = await ask(url, 'GET', '/__clock');
  return {
    now: () => now,
    async sleep(milliseconds) {
      const answer = await ask(url, 'POST', '/__clock/sleep', { until: now + milliseconds });
      now = Math.max(now, answer.now);
    },
  };
}

async function ask(url: string, method: string, path: string, body?: object): Promise<{ now: number }> {
  const answer = await fetch(new URL(path, url), { method, ...(body && { body: JSON.stringify(body) }) });
  return (await answer.json()) as { now: number };
}
