import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The parts of packages/ecs-double that these suites use. */
interface EcsDouble {
  url: string;
  time: { now(): number; sleep(milliseconds: number): Promise<unknown> };
  journal: { entries: { op: string; by?: string; request: Record<string, unknown> }[] };
  as(op: string, request: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface Cloud extends EcsDouble {
  /** The variables of a customer's shell, for this stand-in. */
  env: Record<string, string>;
  /** Resolves when a deploy sleeps and `when` is true; then it sleeps until `resume`. */
  pauseWhen(when: () => boolean): Promise<void>;
  resume(): void;
  /** Rules for what images do when they are started. */
  setRules(rules: object[]): Promise<void>;
  /** How often a deploy called one of these. */
  count(...ops: string[]): number;
  /** The task definition of a service, without its ARN, and its rollout state. */
  now(service: string): Promise<[string, string]>;
}

const CLUSTER = 'acme';

/** A cluster with services of these names. The clock is virtual, and can be paused. */
export async function startCloud(services: readonly string[]): Promise<Cloud> {
  const { start } = (await load('double.mjs')) as { start(options: object): Promise<EcsDouble> };
  const { clockEnvironment } = (await load('clock/environment.mjs')) as {
    clockEnvironment(url: string, env: object): Record<string, string>;
  };
  const double = await start({ port: 0, scenario: { clusters: [CLUSTER], ...running(services) } });
  const clock = await pausableClock(double);
  return {
    ...double,
    env: {
      AWS_ENDPOINT_URL: double.url,
      ...clockEnvironment(clock.url, {}),
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    pauseWhen: clock.pauseWhen,
    resume: clock.resume,
    async setRules(rules) {
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

/** The double's clock, which a test can pause: the deploy sleeps, and nothing changes. */
async function pausableClock({ time }: EcsDouble) {
  let pause: { when: () => boolean; sleeping: () => void; over: Promise<void> } | undefined;
  let resume: () => void = () => undefined;
  const server = http.createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const part of request) body += String(part);
    if (request.method === 'POST') {
      if (pause?.when()) {
        pause.sleeping();
        await pause.over;
      }
      const { until } = JSON.parse(body) as { until: number };
      await time.sleep(Math.max(0, until - time.now()));
    }
    response.end(JSON.stringify({ now: time.now() }));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pauseWhen: (when: () => boolean) =>
      new Promise<void>((sleeping) => {
        pause = { when, sleeping, over: new Promise((over) => (resume = over)) };
      }),
    resume: () => {
      pause = undefined;
      resume();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
