import { prod } from '../../../testing/deploys';
import type { Environment } from '../../environment/environment';
import { iamPolicy, type PipelineRole } from './iam-policies';

const REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/alps';
const actions = (role: PipelineRole, environment: Environment | undefined = prod, registry: string | undefined = REGISTRY) =>
  iamPolicy(role, registry, environment).Statement.flatMap(({ Action }) => Action);
const statement = (role: PipelineRole, sid: string, environment: Environment = prod) =>
  iamPolicy(role, REGISTRY, environment).Statement.find(({ Sid }) => Sid === sid);

const WRITES = /:(?:Put|Create|Update|Register|Run|Tag|Untag|Stop|Continue|Complete|Initiate|Upload|Pass|Delete)/;

test('plan reads only; push writes images and nothing else; deploy never writes an image', () => {
  expect(actions('plan').filter((action) => WRITES.test(action))).toEqual([]);
  expect([...new Set(actions('push').map((action) => action.split(':')[0]))]).toEqual(['ecr']);
  expect(statement('deploy', 'Images')!.Action.filter((action) => WRITES.test(action))).toEqual([]);
  expect(statement('deploy', 'ReleaseRecords')!.Resource).toEqual([
    'arn:aws:ecr:eu-central-1:123456789012:repository/alps/releases',
  ]);
});

test('what can be named is named: the repositories, the cluster, the families, the roles, the log groups', () => {
  expect(statement('push', 'Images')!.Resource).toEqual(['arn:aws:ecr:eu-central-1:123456789012:repository/alps/*']);
  const rollout = statement('deploy', 'Rollout')!.Resource;
  expect(rollout).toContain(`arn:aws:ecs:eu-central-1:123456789012:service/${prod.ecs.cluster}/*`);
  expect(rollout.filter((arn) => arn.endsWith('*:*') || arn === '*')).toEqual([]);
  const pass = statement('deploy', 'RolesOfTasks')!;
  expect(pass.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  expect(pass.Resource.length).toBeGreaterThan(0);
  expect(pass.Resource.filter((arn) => !/^arn:aws:iam::123456789012:role\/[\w/+=,.@-]+$/.test(arn))).toEqual([]);
  expect(statement('deploy', 'LogsOfTasks')!.Resource[0]).toMatch(
    /^arn:aws:logs:eu-central-1:123456789012:log-group:\/ecs\/.+:\*$/,
  );
});

test('a descriptor in Secrets Manager is read by plan, and written by deploy, below its prefix only', () => {
  const environment: Environment = { ...prod, bundles: { ...prod.bundles, descriptor: 'aws-sm' } };
  expect(statement('plan', 'BundleDescriptor', environment)!.Resource).toEqual([
    `arn:aws:secretsmanager:eu-central-1:123456789012:secret:kdcube/${prod.tenant}/${prod.project}/bundles*`,
  ]);
  expect(statement('plan', 'WriteBundleDescriptor', environment)).toBeUndefined();
  expect(statement('deploy', 'WriteBundleDescriptor', environment)!.Action).toEqual([
    'secretsmanager:CreateSecret',
    'secretsmanager:PutSecretValue',
  ]);
  expect(statement('deploy', 'BundleDescriptor')).toBeUndefined();
});

test('a host: the secrets that a deploy fetches for it, each by its name, and nothing of ECS', () => {
  const services = prod.services.slice(0, 1).map((service) => ({
    ...service,
    target: 'compose' as const,
    secrets: {
      A: { store: 'ssm' as const, name: '/alps/a' },
      B: { store: 'secretsmanager' as const, name: 'alps/b', key: 'password' },
      C: { store: 'file' as const, path: '/etc/kdcube/c.env' },
    },
  }));
  const { exec: _, ...rest } = prod;
  const policy = iamPolicy('deploy', 'ghcr.io/alps', { ...rest, target: 'compose', services });
  expect(policy.Statement.map(({ Sid, Resource }) => [Sid, Resource])).toEqual([
    ['ParametersOfHost', ['arn:aws:ssm:eu-central-1:123456789012:parameter/alps/a']],
    ['SecretsOfHost', ['arn:aws:secretsmanager:eu-central-1:123456789012:secret:alps/b*']],
  ]);
});

test('what an environment does not say yet is a placeholder, and China has its own partition', () => {
  const { account: _, ...ecs } = prod.ecs;
  const unknown = iamPolicy('deploy', undefined, { ...prod, ecs: { ...ecs, region: 'cn-north-1' } });
  expect(JSON.stringify(unknown)).toContain('arn:aws-cn:ecs:cn-north-1:<ACCOUNT>:cluster/');
  expect(JSON.stringify(unknown)).not.toContain('"arn:aws:ecs');
  expect(iamPolicy('push', undefined).Statement).toEqual([]);
});
