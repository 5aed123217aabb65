import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { mustReadEnvironment } from '../../../environment/read-environment';
import { fixtureFiles } from '../../../../testing/environments';
import { renderTaskDefinition } from './render-task-definition';
import { compareDefinitions } from './compare-definitions';
import type { ContainerDefinition, TaskDefinition } from './task-definition';

const { environment } = mustReadEnvironment('prod', fixtureFiles('valid'));
const made = environment.services.map((service) =>
  renderTaskDefinition(environment, service, {
    service: service.name,
    component: service.component,
    target: 'ecs',
    image: 'r.example.com/a@sha256:1',
    env: { A: '1', B: '2' },
    secrets: { C: 'arn:c' },
    files: [],
    pending: [],
  }),
);
const proc = made.find(({ family }) => family === 'kdcube-chat-proc')!;

/** As ECS gives it out: with what it adds, in another order. */
function answered(definition: TaskDefinition): TaskDefinition {
  const { tags: _, ...rest } = structuredClone(definition);
  return {
    taskDefinitionArn: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/x:7',
    revision: 7,
    status: 'ACTIVE',
    compatibilities: ['EC2', 'FARGATE'],
    requiresAttributes: [{ name: 'ecs.capability.efs' }],
    registeredAt: '2026-02-22T00:00:00Z',
    registeredBy: 'arn:aws:iam::123456789012:user/ci',
    placementConstraints: [],
    volumes: [],
    ...rest,
    containerDefinitions: rest.containerDefinitions.map((container) => ({
      cpu: 0,
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      links: [],
      ...container,
      environment: [...(container.environment ?? [])].reverse(),
    })),
  };
}

test.each(made.map((definition) => [definition.family, definition] as const))(
  '%s is the same once ECS has filled it in',
  (_, definition) => {
    expect(compareDefinitions(definition, answered(definition))).toEqual([]);
    expect(compareDefinitions(answered(definition), definition)).toEqual([]);
  },
);

test('the double of ECS in this repository fills in nothing that is taken for a difference', async () => {
  const file = join(__dirname, '../../../../../ecs-double/state/task-defaults.mjs');
  const { completeDefinition } = (await import(pathToFileURL(file).href)) as {
    completeDefinition(asked: TaskDefinition): TaskDefinition;
  };
  for (const definition of made) expect(compareDefinitions(definition, completeDefinition(definition))).toEqual([]);
});

describe('each change is one difference, by its name and without its value', () => {
  const changed = (change: (definition: TaskDefinition, container: ContainerDefinition) => void) => {
    const other = answered(proc);
    change(other, other.containerDefinitions[0]!);
    return compareDefinitions(proc, other);
  };

  test.each<[string, (definition: TaskDefinition, container: ContainerDefinition) => void, string[]]>([
    ['image', (_, c) => (c.image = 'r.example.com/a@sha256:2'), ['containerDefinitions.chat-proc.image']],
    [
      'a value',
      (_, c) =>
        (c.environment = [
          { name: 'A', value: 'secret' },
          { name: 'B', value: '2' },
        ]),
      ['containerDefinitions.chat-proc.environment.A.value'],
    ],
    [
      'one variable more',
      (_, c) => c.environment!.push({ name: 'Z', value: '1' }),
      ['containerDefinitions.chat-proc.environment.Z'],
    ],
    [
      'a secret’s place',
      (_, c) => (c.secrets = [{ name: 'C', valueFrom: 'arn:d' }]),
      ['containerDefinitions.chat-proc.secrets.C.valueFrom'],
    ],
    ['no health check', (_, c) => delete c.healthCheck, ['containerDefinitions.chat-proc.healthCheck']],
    ['its interval', (_, c) => (c.healthCheck!.interval = 31), ['containerDefinitions.chat-proc.healthCheck.interval']],
    [
      'the order of its command',
      (_, c) => c.healthCheck!.command.reverse(),
      expect.arrayContaining(['containerDefinitions.chat-proc.healthCheck.command[0]']) as unknown as string[],
    ],
    ['stopTimeout', (_, c) => (c.stopTimeout = 30), ['containerDefinitions.chat-proc.stopTimeout']],
    ['memory', (d) => (d.memory = '4096'), ['memory']],
    ['memory in words', (d) => (d.memory = '8 GB'), []],
    ['cpu as a number', (d) => (d.cpu = 2048 as unknown as string), []],
    ['a role', (d) => delete d.taskRoleArn, ['taskRoleArn']],
    ['a volume', (d) => (d.volumes = []), ['volumes.bundle-storage']],
    ['a sidecar', (d) => d.containerDefinitions.push({ name: 'side', image: 'x' }), ['containerDefinitions.side']],
    ['an unknown key', (d) => (d.enableFaultInjection = true), ['enableFaultInjection']],
    ['an unknown key, empty', (d) => (d.newThing = { list: [], inner: { none: null } }), []],
    ['false is not nothing', (_, c) => (c.essential = false), ['containerDefinitions.chat-proc.essential']],
  ])('%s', (_, change, expected) => {
    expect(changed(change)).toEqual(expected);
  });
});
