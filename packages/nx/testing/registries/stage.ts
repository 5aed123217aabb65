import * as https from 'node:https';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Registry } from '../../src/registry/transport/connect';
import type { Asked } from '../push-kit';
import { type Answer, APP, type Habit, IMMUTABLE, type Instead, type Product, type World } from './product';
import type { Stage } from './operations';

type Double = World['registry'];

interface EcrDouble {
  name: string;
  api: string;
  registry: Double;
  close(): Promise<void>;
}

const AMAZON = 'Amazon ECR';
const NO_WAIT = { sleep: async () => undefined };

/** One product in this process. `fired`: the habits that it showed. */
export interface Played extends Stage {
  fired: Set<Habit>;
  close(): Promise<void>;
}

export async function play(product: Product): Promise<Played> {
  const fired = new Set<Habit>();
  const answers = (asked: Asked, answer: Answer): Answer | undefined => {
    const habit = product.habits.find(({ change }) => change?.(asked, answer));
    if (habit) fired.add(habit);
    return habit?.change?.(asked, answer);
  };
  const { registry, client, close } =
    product.name === AMAZON ? await startAmazon(product) : await startPlain({ ...product.options, answers });
  const tagsOf = (name: string) => registry.images(name).flatMap(({ tags }) => tags);
  const world: World = { registry, created: new Set(), deleted: new Set(), tagsOf };
  let disturbing: ((asked: Asked) => Instead | undefined) | undefined;
  registry.faults = (asked) => {
    const disturbed = disturbing?.(asked);
    if (disturbed !== undefined) return disturbed;
    for (const habit of product.habits) {
      const instead = habit.answer?.(asked, world);
      if (instead === undefined) continue;
      fired.add(habit);
      return instead;
    }
    return undefined;
  };
  return {
    product,
    fired,
    connect: client,
    disturb: (faults) => void (disturbing = faults),
    requests: () => registry.journal.splice(0),
    close,
  };
}

interface Started {
  registry: Double;
  client: () => Registry;
  close(): Promise<void>;
}

async function tool<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(path.join(__dirname, '../../../../tools/registry', name)).href)) as T;
}

async function startPlain(options: object): Promise<Started> {
  const { start } = await tool<{ start(options: object): Promise<Double> }>('registry.mjs');
  const registry = await start(options);
  const credentials = async () => ({ kind: 'password', username: 'ann', password: 'secret' }) as const;
  return { registry, client: () => connect(registry.host, { ...NO_WAIT, credentials }), close: () => registry.close() };
}

/** Amazon's, with its own API: it is asked at its name there, and listens here. */
async function startAmazon({ options }: Product): Promise<Started> {
  const { startEcr } = await tool<{ startEcr(options: object): Promise<EcrDouble> }>('ecr.mjs');
  const { AUTHORITY } = await tool<{ AUTHORITY: string }>('tls.mjs');
  const ecr = await startEcr({ ...options, repositories: [APP, IMMUTABLE, 'acme/other'] });
  process.env.AWS_ENDPOINT_URL_ECR = ecr.api;
  const client = (): Registry => {
    const registry = connect(ecr.name, NO_WAIT);
    const agents = { ...registry.transport.agents, https: new https.Agent({ ca: AUTHORITY }) };
    return { ...registry, base: new URL(ecr.registry.url), transport: { ...registry.transport, agents } };
  };
  return { registry: ecr.registry, client, close: () => ecr.close() };
}
