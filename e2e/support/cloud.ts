import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** What these suites use of packages/ecs-double. */
interface EcsDouble {
  url: string;
  time: { now(): number; sleep(milliseconds: number): Promise<unknown> };
  journal: { entries: { op: string; by?: string; request: Record<string, unknown> }[] };
  as(op: string, request: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface Cloud extends EcsDouble {
  /** What a customer has in the shell, to ask this cloud and no other. */
  env: Record<string, string>;
  /** Resolves when a deploy sleeps once this is so: from then on it sleeps until `goOn`. */
  hold(when: () => boolean): Promise<void>;
  goOn(): void;
  /** What images do when they are started; nothing is started. */
  says(rules: object[]): Promise<void>;
  /** How often a deploy did something of these. */
  count(...ops: string[]): number;
  /** What a service is set to, short, and whether its rollout is over. */
  now(service: string): Promise<[string, string]>;
}

const CLUSTER = 'acme';

/** A cluster in which services of these names run something of nobody's. Time is virtual, and can be held. */
export async function startCloud(services: readonly string[]): Promise<Cloud> {
  const { start } = (await load('double.mjs')) as { start(options: object): Promise<EcsDouble> };
  const { clockEnvironment } = (await load('clock/environment.mjs')) as {
    clockEnvironment(url: string, env: object): Record<string, string>;
  };
  const double = await start({ port: 0, scenario: { clusters: [CLUSTER], ...running(services) } });
  const clock = await heldClock(double);
  return {
    ...double,
    env: {
      AWS_ENDPOINT_URL: double.url,
      ...clockEnvironment(clock.url, {}),
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    hold: clock.hold,
    goOn: clock.goOn,
    async says(rules) {
      await fetch(new URL('/__scenario', double.url), { method: 'POST', body: JSON.stringify({ rules }) });
    },
    count: (...ops) => double.journal.entries.filter(({ op, by }) => by === undefined && ops.includes(op)).length,
    async now(service) {
      const answer = await double.as('DescribeServices', { cluster: CLUSTER, services: [service] });
      const [found] = answer.services as { taskDefinition: string; deployments: { rolloutState: string }[] }[];
      return [found!.taskDefinition.replace(/^.*\//, ''), found!.deployments[0]!.rolloutState];
    },
    async close() {
      clock.close();
      await double.close();
    },
  };
}

function load(file: string): Promise<unknown> {
  return import(pathToFileURL(path.resolve(__dirname, '../../packages/ecs-double', file)).href);
}

function running(services: readonly string[]): object {
  const awsvpcConfiguration = { subnets: ['subnet-0a1b2c3d'] };
  const of = (name: string): object => ({
    cluster: CLUSTER,
    serviceName: name,
    taskDefinition: `old-${name}`,
    desiredCount: 1,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration },
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
  });
  const taskDefinitions = services.map((name) => ({
    family: `old-${name}`,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name, image: `registry.example/${name}:1` }],
  }));
  return { taskDefinitions, services: services.map(of) };
}

/** The double's clock, which a test can hold: the deploy sleeps, and nothing moves. */
async function heldClock({ time }: EcsDouble) {
  let held: { when: () => boolean; sleeping: () => void; over: Promise<void> } | undefined;
  let goOn: () => void = () => undefined;
  const server = http.createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    if (request.method === 'POST') {
      if (held?.when()) {
        held.sleeping();
        await held.over;
      }
      const { until } = JSON.parse(body) as { until: number };
      await time.sleep(Math.max(0, until - time.now()));
    }
    response.end(JSON.stringify({ now: time.now() }));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (when: () => boolean) =>
      new Promise<void>((sleeping) => {
        held = { when, sleeping, over: new Promise((over) => (goOn = over)) };
      }),
    goOn: () => {
      held = undefined;
      goOn();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
