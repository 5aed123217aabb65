import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foundInCompose } from '../src/targets/compose/import/compose';
import { foundOnEcs } from '../src/targets/ecs/import/ecs';
import type { FoundEnvironment } from '../src/import/environment';
import { importEnvironment } from '../src/import/environment';
import type { FoundService, ImportNote } from '../src/import/types';
import type { ImportReason } from '../src/import/reasons';
import type { RunningService } from '../src/targets/ecs/plan/running';
import { planTaskDefinitions } from '../src/targets/ecs/task-definition/plan-tasks';
import type { TaskDefinition } from '../src/targets/ecs/task-definition/task-definition';
import type { Environment } from '../src/environment/environment';
import { OWNED } from '../src/platform/names';
import { mustReadEnvironment } from '../src/environment/read-environment';
import type { Generation } from '../src/platform/generation';
import { mustReadRelease } from '../src/release/read';
import { planDescriptor } from '../src/descriptor/descriptor';
import { descriptorOptions } from '../src/env/bundles';
import { renderEnv } from '../src/env/env';
import type { ServiceEnv } from '../src/env/env';
import { renderGateway } from '../src/env/gateway';
import { IMAGES, sampleGateway, textFiles } from './environments';
import { packing } from './packing';

/** The platform's own samples, imported, rendered again and compared key by key. */
export interface Compared {
  sample: string;
  same: number;
  differences: Difference[];
}

interface Difference {
  key: string;
  became: 'left out' | 'added' | 'changed' | 'a reference' | 'left to ECS';
  /** Undefined: the reason is unknown, and the test fails. */
  reason: ImportReason | undefined;
}

type Flat = Record<string, unknown>;

const FOLDER = join(__dirname, '../fixtures/platform');
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const PLACE = { account: '123456789012', region: 'eu-central-1', cluster: 'kdcube' };
const ARN = (family: string) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/${family}:7`;

export function compareSamples(): Compared[] {
  return [
    ...envFolder('custom-ui-managed-infra'),
    ...envFolder('all_in_one_kdcube'),
    ...envFolder('devenv'),
    ...taskDefinitions(),
    ...services(),
    gateway('gateway-config.example.seed.json', '2026.3.1'),
    gateway('gateway.head.yaml', '2026.4.19'),
  ];
}

/** The samples leave words to fill in: as a person would have. */
function filled(text: string): string {
  return text
    .replaceAll('<ACCOUNT_ID>', PLACE.account)
    .replace(/<(?:AWS_)?REGION>/g, PLACE.region)
    .replace(/<(?:TENANT|PROJECT)(?:_ID)?>/g, 'default')
    .replaceAll('<EFS_FS_ID>', 'fs-0a1b2c3d')
    .replace(/<([A-Z][A-Z0-9_]*)>/g, (_, word: string) => word.toLowerCase().replaceAll('_', '-'))
    .replace(/your\.domain\.com|YOUR_DOMAIN/g, 'chat.alps.example')
    .replace(/yourcompany/gi, 'alps')
    .replaceAll('/absolute/path/to/', '/opt/')
    .replaceAll('relative_path_to_', '')
    .replace(/(=|-)\.\.\.$/gm, '$1filled-in');
}

const sample = (file: string) => filled(readFileSync(join(FOLDER, file), 'utf8'));

/** An imported environment, read back and rendered. */
function again(found: FoundEnvironment): { environment: Environment; services: ServiceEnv[]; notes: ImportNote[] } {
  const { text, notes } = importEnvironment(found);
  const ready = text.replace(/<(TENANT|PROJECT)>/g, 'alps').replaceAll('sha256:<DIGEST>', DIGEST);
  const { environment } = mustReadEnvironment('one', textFiles({ one: ready }));
  const { release } = mustReadRelease('platform: {ref: "v0.3.2"}\nbundles: {items: [{id: "a@1-0"}]}\n', 'release.yaml');
  const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
  return { environment, services: renderEnv({ environment, release, descriptor, images: IMAGES }).services, notes };
}

function envFolder(name: string): Compared[] {
  const folder = `sample_env/${name}`;
  const files = readdirSync(join(FOLDER, folder)).sort();
  const read = (file: string) => (files.includes(file) ? sample(`${folder}/${file}`) : undefined);
  const { services: found, notes } = foundInCompose(
    { list: () => files, read },
    { directory: '/opt/kdcube', files: [], profiles: [] },
  );
  const made = again({ name: 'host', target: 'compose', services: found, place: { directory: '/opt/kdcube' } });
  const allNotes = [...notes, ...made.notes];
  const own = files.includes('.env')
    ? [{ sample: `${folder}/.env`, same: 0, differences: variablesOf(sample(`${folder}/.env`)).map(interpolated) }]
    : [];
  return [
    ...own,
    ...found.map((service) => {
      const rendered = made.services.find((each) => each.service === service.name)!;
      const file = files.find((each) => each.slice('.env.'.length).replace(/[^A-Za-z0-9_-]/g, '-') === service.name)!;
      return compared(
        `${folder}/${file}`,
        service.env,
        variables(rendered),
        (key) => reasonOf(key, service, allNotes),
        rendered.secrets,
      );
    }),
  ];
}

/** Of a file `.env`: compose puts these into its compose file, and no container is told them. */
function interpolated(key: string): Difference {
  return { key, became: 'left out', reason: 'interpolated' };
}

function variablesOf(text: string): string[] {
  return [...text.matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);
}

function variables({ env, secrets }: ServiceEnv): Flat {
  return { ...env, ...secrets };
}

/** What the import said of a variable, else what is known of its name. */
function reasonOf(key: string, service: FoundService, notes: readonly ImportNote[]): ImportReason | undefined {
  const note = notes.find(({ subject }) => subject === `${service.name} ${key}`);
  if (note) return note.reason;
  if (Object.hasOwn(OWNED, key)) return 'made';
  return Object.hasOwn(service.env, key) ? undefined : 'default';
}

function taskDefinitions(): Compared[] {
  const files = readdirSync(join(FOLDER, 'ecs')).filter((file) => file.startsWith('task-def-'));
  const definitions = files.map((file) => JSON.parse(sample(`ecs/${file}`)) as TaskDefinition);
  const found = definitions.map((definition) => {
    const serviceName = definition.family.replace(/^kdcube-/, '');
    const service = { serviceName, status: 'ACTIVE', taskDefinition: ARN(definition.family), desiredCount: 1, controller: 'ECS' };
    const image = definition.containerDefinitions[0]!.image.replace(/:[^:/]+$/, `@${DIGEST}`);
    return foundOnEcs(service, definition, image);
  });
  const { environment, services, notes } = again({ name: 'prod', target: 'ecs', services: found, place: PLACE });
  const planned = planTaskDefinitions({
    environment,
    plan: { services, notes: [] },
    packing,
    customDefinitions: new Map(),
    registered: new Map(definitions.map((definition) => [definition.family, definition])),
  });
  return files.map((file, index) => {
    const service = found[index]!;
    const { definition } = planned.find((each) => each.service === service.name)!;
    return compared(`ecs/${file}`, flatDefinition(definitions[index]!), flatDefinition(definition), (key) => {
      if (/^containerDefinitions\.[^.]+\.image$/.test(key)) return 'image';
      const variable = /\.(?:environment|secrets)\.(\w+)$/.exec(key)?.[1];
      return variable === undefined ? undefined : reasonOf(variable, service, notes);
    });
  });
}

/** Lists of named things by their names: their order says nothing. */
function flatDefinition(definition: TaskDefinition): Flat {
  return flat(definition as Flat);
}

function services(): Compared[] {
  const all = JSON.parse(sample('ecs/ecs-services.json')) as Record<string, Flat | string>;
  return Object.entries(all).flatMap(([name, service]) => {
    if (typeof service === 'string') return [];
    const {
      cluster,
      desiredCount,
      serviceName,
      taskDefinition: family,
    } = service as unknown as Omit<RunningService, 'controller'> & {
      cluster: string;
    };
    const definition = JSON.parse(sample(`ecs/task-def-${name}.json`)) as TaskDefinition;
    const image = definition.containerDefinitions[0]!.image.replace(/:[^:/]+$/, `@${DIGEST}`);
    const runs = { serviceName, status: 'ACTIVE', taskDefinition: ARN(family), desiredCount, controller: 'ECS' };
    const found = foundOnEcs(runs, definition, image);
    const { environment } = again({ name: 'prod', target: 'ecs', services: [found], place: { ...PLACE, cluster } });
    const [own] = environment.services;
    // What a deploy says to ECS of a service.
    const asked = {
      cluster: environment.ecs.cluster,
      serviceName: own!.serviceName,
      taskDefinition: own!.family,
      desiredCount: own!.count,
    };
    const { _comment: _, ...sampled } = service;
    const { differences, ...rest } = compared(`ecs/ecs-services.json ${name}`, flat(sampled), flat(asked), () => undefined);
    return [
      {
        ...rest,
        differences: differences.map((each): Difference =>
          each.became === 'left out' ? { ...each, became: 'left to ECS', reason: 'service' } : each,
        ),
      },
    ];
  });
}

function gateway(file: Parameters<typeof sampleGateway>[0], generation: Generation): Compared {
  const settings = { tenant: 'alps', project: 'lifts', ...sampleGateway(file) };
  const found: FoundService = {
    name: 'proc',
    component: 'proc',
    image: `r.example.com/proc@${DIGEST}`,
    env: { GATEWAY_CONFIG_JSON: JSON.stringify(settings) },
    secrets: {},
    rest: {},
  };
  const { environment, notes } = again({ name: 'prod', target: 'ecs', services: [found], place: PLACE });
  const rendered = renderGateway(environment, generation).gateway;
  const [before, after] = [flat(settings), flat(rendered)];
  return compared(file, before, after, (key) => {
    if (notes.some(({ reason, message }) => reason === 'gateway' && message.startsWith(`${key} `))) return 'gateway';
    const [section, ...rest] = key.split('.');
    const beside = rest[0] === 'ingress' || rest[0] === 'proc' ? [section, ...rest.slice(1)].join('.') : key;
    const moved = beside in before && `${section}.proc.${beside.slice(section!.length + 1)}` in after;
    return moved ? 'slices' : undefined;
  });
}

function compared(
  name: string,
  before: Flat,
  after: Flat,
  reason: (key: string) => ImportReason | undefined,
  references: Record<string, string> = {},
): Compared {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const differences = keys.flatMap((key): Difference[] => {
    if (Object.hasOwn(before, key) && Object.hasOwn(after, key) && before[key] === after[key]) return [];
    const became = Object.hasOwn(references, key)
      ? 'a reference'
      : !Object.hasOwn(after, key)
        ? 'left out'
        : Object.hasOwn(before, key)
          ? 'changed'
          : 'added';
    return [{ key, became, reason: reason(key) }];
  });
  return { sample: name, same: keys.length - differences.length, differences };
}

/** The leaves of plain data by their paths; a list of named things by their names. */
function flat(value: unknown, path = ''): Flat {
  if (typeof value !== 'object' || value === null) return { [path]: value };
  const items = Array.isArray(value)
    ? value.map((item: unknown, index): [string, unknown] => {
        const { name, value: text, valueFrom, ...rest } = (typeof item === 'object' && item !== null ? item : {}) as Flat;
        if (typeof name !== 'string') return [String(index), item];
        const only = Object.keys(rest).length === 0;
        return [name, only && typeof text === 'string' ? text : only && typeof valueFrom === 'string' ? valueFrom : rest];
      })
    : Object.entries(value);
  const inner = items.map(([key, item]) => flat(item, path === '' ? key : `${path}.${key}`));
  return items.length === 0 ? { [path]: Array.isArray(value) ? '[]' : '{}' } : (Object.assign({}, ...inner) as Flat);
}
