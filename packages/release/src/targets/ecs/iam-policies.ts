import { secretsPrefix } from '../../descriptor/aws-sm';
import type { Environment } from '../../environment/environment';
import { fetchedSecrets } from '../../environment/fetched-secrets';
import { type AwsPlace, partitionOf, valueFrom } from '../../environment/secret-reference';
import { ecrRegion, parseRegistry } from '../../release/reference';

/** What a job of a pipeline does in AWS. Each has a role of its own. */
export type PipelineRole = 'plan' | 'push' | 'deploy';

interface Statement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string>>;
}

export interface Policy {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** `sts:GetCallerIdentity` needs no permission. Source of the actions: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const ECR_LOGIN = ['ecr:GetAuthorizationToken'];
const ECR_READ = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:ListImages'];
const ECR_WRITE = ['ecr:CompleteLayerUpload', 'ecr:InitiateLayerUpload', 'ecr:PutImage', 'ecr:UploadLayerPart'];
const ECS_READ = [
  'ecs:DescribeClusters',
  'ecs:DescribeServiceDeployments',
  'ecs:DescribeServiceRevisions',
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'ecs:DescribeTasks',
  'ecs:ListServiceDeployments',
  'ecs:ListServices',
  'ecs:ListTaskDefinitions',
  'ecs:ListTasks',
];
const ECS_WRITE = [
  'ecs:ContinueServiceDeployment',
  'ecs:RegisterTaskDefinition',
  'ecs:RunTask',
  'ecs:StopServiceDeployment',
  'ecs:TagResource',
  'ecs:UntagResource',
  'ecs:UpdateService',
];
/** What `verify` asks, and a rollout of its targets. Without one of them, its checks are `unknown`. */
const VERIFY = [
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ecr:DescribeRepositories',
  'ecr:GetLifecyclePolicy',
  'elasticfilesystem:DescribeAccessPoints',
  'elasticfilesystem:DescribeFileSystems',
  'elasticfilesystem:DescribeMountTargetSecurityGroups',
  'elasticfilesystem:DescribeMountTargets',
  'elasticloadbalancing:DescribeLoadBalancerAttributes',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'iam:GetRole',
  'iam:SimulatePrincipalPolicy',
  'logs:DescribeLogGroups',
  'secretsmanager:DescribeSecret',
  'servicequotas:GetServiceQuota',
  'servicequotas:ListAWSDefaultServiceQuotas',
  'servicequotas:ListServiceQuotas',
  'ssm:DescribeParameters',
];

/**
 * The least that a job needs. `environment`: for plan and deploy. What an environment does not say yet is a placeholder: `<ACCOUNT>`, `<REGION>`.
 * Not for optional commands: `verify --secretKeys` reads the secrets of the services too, `prune --delete` needs `ecr:BatchDeleteImage`, and `images --create` needs `ecr:CreateRepository` and `ecr:TagResource`.
 */
export function iamPolicy(role: PipelineRole, registry: string | undefined, environment?: Environment): Policy {
  const statements = [
    ...registryStatements(role, registry),
    ...(environment && role !== 'push' ? environmentStatements(role, environment) : []),
  ];
  return { Version: '2012-10-17', Statement: statements.filter(({ Resource }) => Resource.length > 0) };
}

function registryStatements(role: PipelineRole, registry: string | undefined): Statement[] {
  if (registry === undefined) return [];
  const { host, prefix } = parseRegistry(registry);
  const region = ecrRegion(host);
  if (region === undefined) return [];
  const below = (name: string) =>
    `arn:${partitionOf(region)}:ecr:${region}:${host.slice(0, 12)}:repository/${prefix === '' ? name : `${prefix}/${name}`}`;
  return [
    allow('RegistryLogin', ECR_LOGIN, ['*']),
    allow('Images', [...ECR_READ, ...(role === 'push' ? ECR_WRITE : [])], [below('*')]),
    ...(role === 'deploy' ? [allow('ReleaseRecords', ECR_WRITE, [below('releases')])] : []),
  ];
}

function environmentStatements(role: 'plan' | 'deploy', environment: Environment): Statement[] {
  const { ecs, services, bundles } = environment;
  const { account = '<ACCOUNT>', region = '<REGION>', cluster = '<CLUSTER>' } = ecs;
  const arn = (service: string, rest: string) => `arn:${partitionOf(region)}:${service}:${region}:${account}:${rest}`;
  const onEcs = services.filter(({ target }) => target === 'ecs');
  const descriptors = bundles.descriptor === 'aws-sm' ? [arn('secretsmanager', `secret:${prefixOf(environment)}/bundles*`)] : [];
  const read = [
    ...(onEcs.length > 0 ? [allow('Cluster', ECS_READ, ['*'])] : []),
    allow('BundleDescriptor', ['secretsmanager:GetSecretValue'], descriptors),
  ];
  if (role === 'plan') return read;
  const families = [
    ...onEcs.map(({ family }) => family),
    ...(environment.exec?.fargate ? [environment.exec.fargate.family] : []),
  ];
  const groups = [...new Set(onEcs.map(({ logGroup }) => logGroup))];
  const rollout = [
    allow('Verify', VERIFY, ['*']),
    allow('Rollout', ECS_WRITE, [
      arn('ecs', `cluster/${cluster}`),
      arn('ecs', `service/${cluster}/*`),
      arn('ecs', `service-deployment/${cluster}/*`),
      arn('ecs', `task/${cluster}/*`),
      ...[...new Set(families)].sort().map((family) => arn('ecs', `task-definition/${family}:*`)),
    ]),
    {
      ...allow('RolesOfTasks', ['iam:PassRole'], rolesOf(environment, account, region)),
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    },
    allow('LogsOfTasks', ['logs:GetLogEvents'], groups.sort().map((group) => arn('logs', `log-group:${group}:*`))), // prettier-ignore
  ];
  return [
    ...read,
    ...(onEcs.length > 0 ? rollout : []),
    allow('WriteBundleDescriptor', ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'], descriptors),
    ...hostStatements(environment, { account, region }),
  ];
}

/** The secrets that a deploy to a host reads, to write them there. */
function hostStatements({ services }: Environment, place: AwsPlace): Statement[] {
  const references = services.flatMap((service) => fetchedSecrets(service).map(([, reference]) => reference));
  // The key of a secret is no part of its ARN.
  const arns = (store: 'ssm' | 'secretsmanager') => [
    ...new Set(
      references.filter((each) => each.store === store).map((each) => valueFrom(each, place).split(':').slice(0, 7).join(':')),
    ),
  ].sort(); // prettier-ignore
  return [
    allow('ParametersOfHost', ['ssm:GetParameter'], arns('ssm')),
    // Secrets Manager adds six characters to the name.
    allow('SecretsOfHost', ['secretsmanager:GetSecretValue'], arns('secretsmanager').map((arn) => `${arn}*`)), // prettier-ignore
  ];
}

function rolesOf({ services, exec }: Environment, account: string, region: string): string[] {
  const holders = [...services.filter(({ target }) => target === 'ecs'), ...(exec?.fargate ? [exec.fargate] : [])];
  const roles = holders.flatMap(({ executionRole, taskRole }) => [executionRole, taskRole]).flatMap((role) => role ?? []);
  const arns = roles.map((role) => (role.startsWith('arn:') ? role : `arn:${partitionOf(region)}:iam::${account}:role/${role}`));
  return [...new Set(arns)].sort();
}

function prefixOf({ tenant, project, services }: Environment): string {
  const proc = services.find(({ component }) => component === 'proc');
  return secretsPrefix({ tenant, project, variables: proc?.env ?? {} });
}

function allow(Sid: string, Action: readonly string[], Resource: string[]): Statement {
  return { Sid, Effect: 'Allow', Action: [...Action].sort(), Resource };
}
