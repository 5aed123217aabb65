import { mustReadEnvironment } from '../../../environment/read-environment';
import { environmentOf, fixtureFiles, IMAGES } from '../../../../testing/environments';
import type { ServiceEnv } from '../../../env/env';
import { renderHealthCheck, renderExecTaskDefinition, renderTaskDefinition, roleArn } from './render-task-definition';

const { environment } = mustReadEnvironment('prod', fixtureFiles('valid'));
const rendered = (service: string): ServiceEnv => ({
  service,
  component: 'proc',
  target: 'ecs',
  image: IMAGES.get('kdcube-chat-proc-bundled')!,
  env: { A: '1', B: "l'été" },
  secrets: { C: 'arn:aws:ssm:eu-central-1:123456789012:parameter/c' },
  files: [],
  pending: [],
});
const made = (name: string, from = environment) =>
  renderTaskDefinition(
    from,
    from.services.find((service) => service.name === name)!,
    rendered(name),
  );

test('proc, with all it needs', () => {
  expect(made('chat-proc')).toEqual({
    family: 'kdcube-chat-proc',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '2048',
    memory: '8192',
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
    taskRoleArn: 'arn:aws:iam::123456789012:role/kdcube-chat-proc-task-role',
    containerDefinitions: [
      {
        name: 'chat-proc',
        image: IMAGES.get('kdcube-chat-proc-bundled'),
        essential: true,
        portMappings: [{ containerPort: 8020, hostPort: 8020, protocol: 'tcp' }],
        environment: [
          { name: 'A', value: '1' },
          { name: 'B', value: "l'été" },
        ],
        secrets: [{ name: 'C', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/c' }],
        mountPoints: [{ sourceVolume: 'bundle-storage', containerPath: '/bundle-storage', readOnly: false }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/ecs/kdcube-chat-proc', 'awslogs-region': 'eu-central-1', 'awslogs-stream-prefix': 'ecs' },
        },
        healthCheck: {
          command: ['CMD', 'curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:8020/health/live'],
          interval: 30,
          timeout: 10,
          retries: 3,
          startPeriod: 30,
        },
        stopTimeout: 120,
        ulimits: [{ name: 'nofile', softLimit: 65536, hardLimit: 65536 }],
      },
    ],
    volumes: [
      {
        name: 'bundle-storage',
        efsVolumeConfiguration: {
          fileSystemId: 'fs-0123abcd',
          rootDirectory: '/',
          transitEncryption: 'ENABLED',
          authorizationConfig: { accessPointId: 'fsap-0123abcd', iam: 'ENABLED' },
        },
      },
    ],
    tags: [
      { key: 'kdcube:environment', value: 'prod' },
      { key: 'kdcube:service', value: 'chat-proc' },
    ],
  });
});

test('the health check of each component asks with what its image has; the one-off has none', () => {
  const checks = Object.fromEntries(
    environment.services.map(({ name }) => [name, made(name).containerDefinitions[0]!.healthCheck?.command.slice(1).join(' ')]),
  );
  expect(checks).toEqual({
    'postgres-setup': undefined,
    'chat-ingress': 'curl -sf -o /dev/null http://127.0.0.1:8010/health',
    'chat-proc': 'curl -sf -o /dev/null http://127.0.0.1:8020/health/live',
    metrics: 'curl -sf -o /dev/null http://127.0.0.1:8090/health',
    'web-ui': 'curl -sf -o /dev/null http://127.0.0.1/health.txt',
    proxylogin: 'curl -sf -o /dev/null http://127.0.0.1/v1/health',
    'web-proxy': 'wget -q -O /dev/null http://127.0.0.1/health',
    clamav: undefined,
  });
  expect(
    renderHealthCheck({ path: '/a"b', port: 1, tool: 'python', interval: 9, timeout: 8, retries: 7, startPeriod: 6 }).command,
  ).toEqual(['CMD', 'python', '-c', 'import urllib.request as r; r.urlopen("http://127.0.0.1:1/a\\"b", timeout=8)']);
});

test('the exec task is a definition of its own, with its roles and no environment', () => {
  const exec = renderExecTaskDefinition(environment, IMAGES.get('kdcube-exec-bundled')!)!;
  expect(exec).toMatchObject({
    family: 'kdcube-exec',
    cpu: '2048',
    memory: '4096',
    taskRoleArn: 'arn:aws:iam::123456789012:role/kdcube-exec-task-role',
    containerDefinitions: [{ name: 'exec', image: IMAGES.get('kdcube-exec-bundled') }],
  });
  expect(exec.containerDefinitions[0]).not.toHaveProperty('environment');
  expect(renderExecTaskDefinition(environmentOf(''), 'x')).toBeUndefined();
});

test('what is mounted from the host runs on instances', () => {
  const from = environmentOf(
    'services: { chat-proc: { component: proc, image: kdcube-chat-proc-bundled, architecture: arm64, mounts: { /var/run/docker.sock: { host: /var/run/docker.sock } } } }',
  );
  expect(made('chat-proc', from)).toMatchObject({
    requiresCompatibilities: ['EC2'],
    runtimePlatform: { cpuArchitecture: 'ARM64' },
    volumes: [{ name: 'var-run-docker-sock', host: { sourcePath: '/var/run/docker.sock' } }],
  });
});

test.each([
  ['arn:aws:iam::1:role/x', 'eu-central-1', 'arn:aws:iam::1:role/x'],
  ['x', 'eu-central-1', 'arn:aws:iam::12:role/x'],
  ['x', 'cn-north-1', 'arn:aws-cn:iam::12:role/x'],
])('the role %s in %s', (role, region, arn) => expect(roleArn(role, '12', region)).toBe(arn));
