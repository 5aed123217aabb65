import { mustReadEnvironment } from '../../../environment/read-environment';
import { mustReadRelease } from '../../../release/read';
import { descriptorOptions } from '../../../env/bundles';
import { renderEnv } from '../../../env/env';
import { planDescriptor } from '../../../descriptor/descriptor';
import { environmentOf, fixtureFiles, IMAGES } from '../../../../testing/environments';
import { packing } from '../../../../testing/packing';
import type { Environment } from '../../../environment/environment';
import { requiredPermissions } from './permissions';
import { planTaskDefinitions } from './plan-tasks';
import type { TaskDefinitionsInput } from './plan-tasks';
import type { TaskDefinition } from './task-definition';

const prod = mustReadEnvironment('prod', fixtureFiles('valid')).environment;

function inputOf(environment: Environment, rest: Partial<TaskDefinitionsInput> = {}): TaskDefinitionsInput {
  const { release } = mustReadRelease('platform: {ref: v0.3.2}\nbundles: {items: [{id: "a@1-0"}]}', 'release.yaml');
  const descriptor = planDescriptor(release, new Map(), descriptorOptions(environment));
  const plan = renderEnv({ environment, release, descriptor, images: IMAGES });
  return {
    environment,
    plan,
    execImage: IMAGES.get('kdcube-exec-bundled'),
    customDefinitions: new Map(),
    registered: new Map(),
    packing,
    ...rest,
  };
}

const registeredOf = (input: TaskDefinitionsInput) =>
  new Map(
    planTaskDefinitions(input).map(({ definition }) => [
      definition.family,
      { ...definition, taskDefinitionArn: `arn:${definition.family}:7`, revision: 7 },
    ]),
  );

test('the first time everything is registered, the exec task before the services; then nothing', () => {
  const input = inputOf(prod);
  const first = planTaskDefinitions(input);
  expect(first.map(({ service }) => service)).toEqual([
    'exec',
    'postgres-setup',
    'chat-ingress',
    'chat-proc',
    'metrics',
    'web-ui',
    'proxylogin',
    'web-proxy',
    'clamav',
  ]);
  expect(first.every(({ reuse, changes }) => reuse === undefined && changes === undefined)).toBe(true);
  const again = planTaskDefinitions({ ...input, registered: registeredOf(input) });
  expect(again.map(({ reuse }) => reuse)).toEqual(first.map(({ definition }) => `arn:${definition.family}:7`));
});

test('another exec image is one line of two tasks', () => {
  const registered = registeredOf(inputOf(prod));
  const images = new Map(IMAGES).set('kdcube-exec-bundled', `r.example.com/exec@sha256:${'b2'.repeat(32)}`);
  const { release } = mustReadRelease('platform: {ref: v0.3.2}\nbundles: {items: [{id: "a@1-0"}]}', 'release.yaml');
  const plan = renderEnv({
    environment: prod,
    release,
    descriptor: planDescriptor(release, new Map(), { mode: 'baked' }),
    images,
  });
  const changed = planTaskDefinitions(inputOf(prod, { plan, registered, execImage: images.get('kdcube-exec-bundled') })).filter(
    ({ changes }) => changes!.length > 0,
  );
  expect(changed.map(({ service, changes }) => [service, changes])).toEqual([
    ['exec', ['containerDefinitions.exec.image']],
    ['chat-proc', ['containerDefinitions.chat-proc.environment.PY_CODE_EXEC_IMAGE.value']],
  ]);
});

describe('taken over', () => {
  const environment = environmentOf(
    'services:\n  chat-proc: { component: proc, image: kdcube-chat-proc-bundled, task_definition: running }\n  metrics: { component: metrics, image: kdcube-metrics, task_definition: ecs/metrics.json }',
  );
  const base = (family: string, container: string): TaskDefinition => ({
    family,
    cpu: '512',
    containerDefinitions: [{ name: container, image: 'old' }],
  });

  test('from what runs and from a file', () => {
    const input = inputOf(environment, {
      registered: new Map([['kdcube-chat-proc', base('kdcube-chat-proc', 'chat-proc')]]),
      customDefinitions: new Map([['metrics', base('mine', 'metrics')]]),
    });
    expect(planTaskDefinitions(input)).toMatchObject([
      {
        service: 'chat-proc',
        from: 'running',
        definition: { family: 'kdcube-chat-proc', cpu: '512' },
        changes: expect.arrayContaining(['containerDefinitions.chat-proc.image']),
      },
      { service: 'metrics', from: 'file', definition: { family: 'mine' } },
    ]);
    const again = new Map(
      planTaskDefinitions(input).map(({ definition }) => [definition.family, { ...definition, taskDefinitionArn: 'arn:1' }]),
    );
    expect(planTaskDefinitions({ ...input, registered: again }).map(({ reuse }) => reuse)).toEqual(['arn:1', 'arn:1']);
  });

  test('what is not there is said of each', () => {
    expect(() => planTaskDefinitions(inputOf(environment))).toThrow(/task-definition-missing[^]*task-definition-missing/);
  });
});

test('what each role needs, and why', () => {
  const rows = requiredPermissions(prod, inputOf(prod).plan).filter(
    ({ service }) => service === 'chat-proc' || service === 'metrics',
  );
  expect(
    rows.map(({ service, role, arn, actions, resources }) => [
      service,
      role,
      arn?.split('/').pop(),
      actions.join(),
      resources.join(),
    ]),
  ).toEqual([
    ['chat-proc', 'execution', 'ecsTaskExecutionRole', 'ecr:GetAuthorizationToken', '*'],
    [
      'chat-proc',
      'execution',
      'ecsTaskExecutionRole',
      'ecr:BatchCheckLayerAvailability,ecr:BatchGetImage,ecr:GetDownloadUrlForLayer',
      'arn:aws:ecr:eu-central-1:123456789012:repository/alps/kdcube-chat-proc-bundled',
    ],
    [
      'chat-proc',
      'execution',
      'ecsTaskExecutionRole',
      'logs:CreateLogStream,logs:PutLogEvents',
      'arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/kdcube-chat-proc:*',
    ],
    [
      'chat-proc',
      'execution',
      'ecsTaskExecutionRole',
      'ssm:GetParameters',
      'arn:aws:ssm:eu-central-1:123456789012:parameter/kdcube/prod/redis-url,arn:aws:ssm:eu-central-1:123456789012:parameter/kdcube/shared/openai',
    ],
    [
      'chat-proc',
      'execution',
      'ecsTaskExecutionRole',
      'secretsmanager:GetSecretValue',
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kdcube/prod/db-??????',
    ],
    [
      'chat-proc',
      'task',
      'kdcube-chat-proc-task-role',
      's3:GetObject,s3:ListBucket,s3:PutObject',
      'arn:aws:s3:::alps-prod,arn:aws:s3:::alps-prod/*',
    ],
    [
      'chat-proc',
      'task',
      'kdcube-chat-proc-task-role',
      'ecs:RunTask',
      'arn:aws:ecs:eu-central-1:123456789012:task-definition/kdcube-exec:*',
    ],
    [
      'chat-proc',
      'task',
      'kdcube-chat-proc-task-role',
      'ecs:DescribeTasks,ecs:StopTask',
      'arn:aws:ecs:eu-central-1:123456789012:task/alps-prod/*',
    ],
    [
      'chat-proc',
      'task',
      'kdcube-chat-proc-task-role',
      'iam:PassRole',
      'arn:aws:iam::123456789012:role/ecsTaskExecutionRole,arn:aws:iam::123456789012:role/kdcube-exec-task-role',
    ],
    [
      'chat-proc',
      'task',
      'kdcube-chat-proc-task-role',
      'elasticfilesystem:ClientMount,elasticfilesystem:ClientWrite',
      'arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-0123abcd',
    ],
    ['metrics', 'execution', 'ecsTaskExecutionRole', 'ecr:GetAuthorizationToken', '*'],
    [
      'metrics',
      'execution',
      'ecsTaskExecutionRole',
      'ecr:BatchCheckLayerAvailability,ecr:BatchGetImage,ecr:GetDownloadUrlForLayer',
      'arn:aws:ecr:eu-central-1:123456789012:repository/alps/kdcube-metrics',
    ],
    [
      'metrics',
      'execution',
      'ecsTaskExecutionRole',
      'logs:CreateLogStream,logs:PutLogEvents',
      'arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/kdcube-metrics:*',
    ],
    [
      'metrics',
      'execution',
      'ecsTaskExecutionRole',
      'ssm:GetParameters',
      'arn:aws:ssm:eu-central-1:123456789012:parameter/kdcube/prod/redis-url',
    ],
    ['metrics', 'task', undefined, 'cloudwatch:PutMetricData', '*'],
  ]);
});
