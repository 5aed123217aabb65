// The control API for tests, over HTTP: every path under /__. In the same process, the object that start() returns has the same as functions.
import { callAsOther } from './calls.mjs';
import { updateScenario } from './scenario.mjs';

/** @import { Double } from '../state/types.d.ts' */

/** @param {URL} url */
export function isControlPath(url) {
  return url.pathname.startsWith('/__');
}

/**
 * @param {Double} double
 * @param {{ method: string | undefined, url: URL, body: Buffer }} options
 * @param {import('node:http').ServerResponse} response
 */
export async function handleControl(double, { method, url, body }, response) {
  const { clock, turn, world, journal } = double;
  const given = body.length > 0 ? JSON.parse(body.toString()) : {};
  /** @type {Record<string, () => unknown>} */
  const routes = {
    'GET /__clock': () => ({ now: clock.now() }),
    'GET /__clock/wait': () => clock.reached(Number(url.searchParams.get('until'))).then((now) => ({ now })),
    'POST /__clock/advance': () =>
      (given.to === undefined ? clock.advance(given.ms) : clock.advanceTo(given.to)).then((now) => ({ now })),
    'POST /__clock/sleep': () => clock.sleep(given.until ?? clock.now() + given.ms, given.who).then((now) => ({ now })),
    'POST /__clock/join': () => (clock.join(given.who), { now: clock.now() }),
    'POST /__clock/leave': () => (clock.leave(given.who), { now: clock.now() }),
    'POST /__scenario': () => turn(() => updateScenario(double, given)).then(() => ({})),
    'GET /__registry': () => turn(() => world.registry.report(world)),
    'GET /__state': () => turn(() => stateOf(double)),
    'GET /__journal': () => journal.entries,
    'POST /__as': () => turn(() => callAsOther(double, { service: 'ecs', request: {}, ...given })),
  };
  // A client that was killed in its sleep is not waited for.
  if (url.pathname === '/__clock/sleep' && given.who !== undefined)
    response.once('close', () => {
      if (!response.writableEnded) clock.leave(given.who);
    });
  const run = routes[`${method} ${url.pathname}`];
  /**
   * @param {number} status
   * @param {unknown} value
   */
  const reply = (status, value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (!run) return reply(404, { message: `The double has no ${method} ${url.pathname}.`, routes: Object.keys(routes) });
  return reply(200, (await run()) ?? {});
}

/**
 * The true state, for assertions: no stale read, no view of a client.
 * @param {Double} options
 */
function stateOf({ world, clock, calls, journal }) {
  const services = [...world.services.values()].map((service) => ({
    name: service.name,
    cluster: service.cluster.name,
    status: service.status,
    desired: service.desired,
    deployments: service.deployments.map(({ id, status, rollout, taskDefinition, failed, reason }) => ({
      id,
      status,
      rollout,
      taskDefinition,
      failed,
      reason,
    })),
    serviceDeployments: service.serviceDeployments.map(({ arn, status, reason }) => ({ arn, status, reason })),
    running: [...world.tasks.values()]
      .filter((task) => task.service === service && task.lastStatus === 'RUNNING')
      .map((task) => ({
        id: task.id,
        taskDefinition: task.definition.taskDefinitionArn,
        healthy: task.healthy,
        digests: task.containers.map(({ digest }) => digest),
      })),
  }));
  const revisions = Object.fromEntries([...world.families].map(([family, { revisions: all }]) => [family, all.length]));
  return { now: clock.now(), calls, journal: journal.file, services, revisions };
}
