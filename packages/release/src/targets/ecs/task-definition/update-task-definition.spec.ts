import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from '../../../platform/components';
import { formatProblems } from '../../../problem/problem';
import type { ServiceEnv } from '../../../env/env';
import { environmentOf } from '../../../../testing/environments';
import { readTaskDefinition } from './read-task-definition';
import { updateTaskDefinition } from './update-task-definition';
import type { TaskDefinition } from './task-definition';

const SAMPLES = join(__dirname, '../../../../fixtures/platform/ecs');
const serviceOf = (more = '') =>
  environmentOf(`services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled, ${more} } }`).services[0]!;
const RENDERED: ServiceEnv = {
  service: 'chat-proc',
  component: 'proc',
  target: 'ecs',
  image: 'r.example.com/proc@sha256:1',
  env: { GATEWAY_CONFIG_JSON: '{}', LOG_LEVEL: 'INFO' },
  secrets: { POSTGRES_PASSWORD: 'arn:new' },
  files: [],
  pending: [],
};
const BASE: TaskDefinition = {
  family: 'customer-proc',
  revision: 7,
  taskDefinitionArn: 'arn:x:7',
  status: 'ACTIVE',
  somethingNew: { preserved: true },
  containerDefinitions: [
    { name: 'envoy', image: 'envoy:1', environment: [{ name: 'INSTANCE_ID', value: 'kept' }] },
    {
      name: 'chat-proc',
      image: 'old:latest',
      linuxParameters: { initProcessEnabled: true },
      environment: [
        { name: 'MINE', value: '1' },
        { name: 'LOG_LEVEL', value: 'DEBUG' },
        { name: 'INSTANCE_ID', value: 'home-instance-1' },
        { name: 'BUNDLES_FORCE_ENV_ON_STARTUP', value: '1' },
        { name: 'POSTGRES_PASSWORD', value: 'plain' },
      ],
      secrets: [
        { name: 'POSTGRES_PASSWORD', valueFrom: 'arn:old' },
        { name: 'OTHER', valueFrom: 'arn:other' },
      ],
      healthCheck: { command: ['CMD-SHELL', 'curl -sf http://localhost:8020/monitoring/health'] },
    },
  ],
};

test('ours is set, theirs is kept, sidecars and new keys too; what only we write is not left behind', () => {
  const adapted = updateTaskDefinition(BASE, serviceOf(), RENDERED);
  expect(adapted).toEqual({
    family: 'customer-proc',
    somethingNew: { preserved: true },
    containerDefinitions: [
      BASE.containerDefinitions[0],
      {
        name: 'chat-proc',
        image: 'r.example.com/proc@sha256:1',
        linuxParameters: { initProcessEnabled: true },
        environment: [
          { name: 'GATEWAY_CONFIG_JSON', value: '{}' },
          { name: 'LOG_LEVEL', value: 'INFO' },
          { name: 'MINE', value: '1' },
        ],
        secrets: [
          { name: 'OTHER', valueFrom: 'arn:other' },
          { name: 'POSTGRES_PASSWORD', valueFrom: 'arn:new' },
        ],
        healthCheck: {
          command: ['CMD', 'curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:8020/health/live'],
          interval: 30,
          timeout: 10,
          retries: 3,
          startPeriod: 30,
        },
        stopTimeout: 120,
      },
    ],
  });
  expect(BASE.containerDefinitions[1]!.image).toBe('old:latest');
  expect(updateTaskDefinition(adapted, serviceOf(), RENDERED)).toEqual(adapted);
});

test('the file’s health check stays if the environment sets none', () => {
  const adapted = updateTaskDefinition(BASE, serviceOf('health: { tool: none }'), RENDERED);
  expect(adapted.containerDefinitions[1]!.healthCheck).toEqual(BASE.containerDefinitions[1]!.healthCheck);
});

describe('the platform’s own samples, with variables that its services do not read', () => {
  const components: Record<string, Component> = {
    'chat-ingress': 'ingress',
    'chat-proc': 'proc',
    proxylogin: 'proxylogin',
    'web-proxy': 'web-proxy',
    'web-ui': 'frontend',
  };

  test.each(readdirSync(SAMPLES).filter((file) => file.startsWith('task-def-')))('%s', (file) => {
    const name = /^task-def-(.*)\.json$/.exec(file)![1]!;
    const service = { ...serviceOf(), component: components[name] ?? 'other', container: name };
    const { definition, problems, notes } = readTaskDefinition(readFileSync(join(SAMPLES, file)), file, service);
    expect(definition!.family).toBe(`kdcube-${name}`);
    expect(notes).toEqual([]);
    const found = problems.map(({ code, at, hint }) => `${code} ${at!.line! > 1} ${hint ?? ''}`.trim());
    expect(found).toContain('placeholder true replace it by the real value');
    const misnamed = problems
      .filter(({ code }) => code === 'env-misnamed')
      .map(({ message, hint }) => `${message.split(' ')[0]} ${hint}`);
    expect(misnamed).toEqual(
      {
        // Not a part of the platform: it has its own variables.
        kb: [],
        'chat-ingress': [
          'ENV remove it',
          'APP_PORT CHAT_APP_PORT',
          'DB_HOST POSTGRES_HOST',
          'DB_PORT POSTGRES_PORT',
          'DB_NAME POSTGRES_DATABASE',
          'DB_PASSWORD POSTGRES_PASSWORD',
          'SECRET_KEY remove it',
        ],
        'chat-proc': [
          'ENV remove it',
          'APP_PORT CHAT_PROCESSOR_PORT',
          'DB_HOST POSTGRES_HOST',
          'DB_PORT POSTGRES_PORT',
          'DB_NAME POSTGRES_DATABASE',
          'DB_PASSWORD POSTGRES_PASSWORD',
          'SECRET_KEY remove it',
        ],
        proxylogin: [
          'ENV remove it',
          'COGNITO_USER_POOL_ID COGNITO_USERPOOLID',
          'COGNITO_REGION AWS_REGION',
          'COGNITO_APP_CLIENT_ID COGNITO_CLIENTID',
          'COGNITO_APP_CLIENT_SECRET COGNITO_CLIENTSECRET',
          'SESSION_SECRET remove it',
        ],
        'web-proxy': [],
        'web-ui': expect.arrayContaining(['REACT_APP_ROUTES_PREFIX remove it']),
      }[name],
    );
  });
});

describe('invalid files', () => {
  const read = (text: string) => readTaskDefinition(text, 'task.json', serviceOf());
  test.each([
    ['not JSON', '{"family": ', 'yaml-syntax'],
    ['a list', '[]', 'wrong-type'],
    ['no family', '{"containerDefinitions": []}', 'wrong-type'],
    ['no containers', '{"family": "a", "containerDefinitions": {}}', 'wrong-type'],
    ['a container without an image', '{"family": "a", "containerDefinitions": [{"name": "a"}]}', 'wrong-type'],
    [
      'a number as a value',
      '{"family": "a", "containerDefinitions": [{"name": "a", "image": "b", "environment": [{"name": "A", "value": 1}]}]}',
      'wrong-type',
    ],
    [
      'several containers, none of ours',
      '{"family": "a", "containerDefinitions": [{"name": "a", "image": "b"}, {"name": "c", "image": "d"}]}',
      'wrong-value',
    ],
  ])('%s', (_, text, code) => {
    expect(read(text).problems.map((problem) => problem.code)).toEqual([code]);
  });

  test.each(['portMappings', 'mountPoints', 'ulimits', 'dependsOn', 'environment', 'secrets'])(
    '%s that is no list of mappings is refused at its place; null is no list at all',
    (key) => {
      const withList = (list: unknown) =>
        read(JSON.stringify({ family: 'a', containerDefinitions: [{ name: 'a', image: 'b', [key]: list }] })).problems;
      for (const list of [[null], ['x'], [[]], 'x', 1, {}])
        expect(withList(list)).toMatchObject([{ code: 'wrong-type', at: { line: 1 } }]);
      expect([withList(null), withList([])]).toEqual([[], []]);
    },
  );

  test.each(['volumes', 'requiresCompatibilities'])('%s of another type is refused at its place', (key) => {
    const withList = (list: unknown) =>
      read(JSON.stringify({ family: 'a', [key]: list, containerDefinitions: [{ name: 'a', image: 'b' }] })).problems;
    for (const list of [[null], [1], 'x', {}]) expect(withList(list)).toMatchObject([{ code: 'wrong-type', at: { path: key } }]);
    expect([withList(null), withList([])]).toEqual([[], []]);
  });

  test('an unknown key is kept and noted; a key of an ECS response is neither', () => {
    const { notes, definition } = read(
      '{"family": "a", "taskRolArn": "x", "revision": 3, "containerDefinitions": [{"name": "a", "image": "b"}]}',
    );
    expect(notes).toMatchObject([{ code: 'unknown-key', at: { path: 'taskRolArn' } }]);
    expect(updateTaskDefinition(definition!, serviceOf(), RENDERED)).toMatchObject({
      taskRolArn: 'x',
      containerDefinitions: [{ name: 'a', image: RENDERED.image }],
    });
  });

  test('no value is shown', () => {
    const text =
      '{"family": "a", "containerDefinitions": [{"name": "a", "image": "b", "environment": [{"name": "SECRET_KEY", "value": "canary-word"}]}]}';
    expect(formatProblems(read(text).problems)).not.toContain('canary');
  });
});
