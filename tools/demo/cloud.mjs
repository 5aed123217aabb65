// The demo's stand-in for AWS: packages/ecs-double, with a cluster that runs an earlier release, and an accelerated clock.
import http from 'node:http';
import os from 'node:os';
import { clockEnvironment } from '../../packages/ecs-double/clock/environment.mjs';
import { start } from '../../packages/ecs-double/double.mjs';

export const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'acme' };
const SERVICES = ['chat-proc', 'chat-ingress', 'metrics'];
const LOG_GROUPS = [...SERVICES, 'postgres-setup', 'exec'].map((name) => `/ecs/kdcube-${name}`);
/** Virtual seconds per real second, if a person watches. */
const PACE = 45;

/** `env`: the variables of a program that uses this stand-in. */
export async function startCloud({ registry, journal, isWatched }) {
  const scenario = {
    ...PLACE,
    clusters: [PLACE.cluster],
    taskDefinitions: SERVICES.map((name) => definition(name, registry)),
    services: SERVICES.map(service),
    logGroups: LOG_GROUPS,
    rules: [setupEndsWell()],
  };
  const double = await start({ port: 0, journal, scenario });
  const clock = isWatched ? await pacedClock(double.time) : { url: double.url, close: () => {} };
  return {
    env: {
      AWS_ENDPOINT_URL: double.url,
      ...clockEnvironment(clock.url),
      AWS_ACCESS_KEY_ID: 'STANDIN',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_CONFIG_FILE: os.devNull,
      AWS_SHARED_CREDENTIALS_FILE: os.devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    /** Sets what containers of matching images do: no container is started. */
    async setBehavior(match, what) {
      const rules = [{ match, do: what }, setupEndsWell()];
      await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify({ rules }) });
    },
    calls: () => double.journal.entries.length,
    async close() {
      clock.close();
      await double.close();
    },
  };
}

function setupEndsWell() {
  return { match: { oneOff: true }, do: { lines: ['The schema is up to date.'], exit: { code: 0, after: 8 } } };
}

function definition(name, registry) {
  return {
    family: `kdcube-${name}`,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    containerDefinitions: [{ name, image: `${registry}/kdcube-${name}:2025.12.1`, essential: true }],
  };
}

function service(name) {
  return {
    cluster: PLACE.cluster,
    serviceName: name,
    taskDefinition: `kdcube-${name}`,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d'] } },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  };
}

/** The double's clock, slowed down for people: sleeping takes a part of its time. */
async function pacedClock(time) {
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.method === 'POST') {
      const left = Math.max(0, JSON.parse(body).until - time.now());
      await new Promise((resolve) => setTimeout(resolve, left / PACE));
      await time.sleep(left);
    }
    response.end(JSON.stringify({ now: time.now() }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
