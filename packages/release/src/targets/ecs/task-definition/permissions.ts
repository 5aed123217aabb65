import { secretsPrefix } from '../../../descriptor/aws-sm';
import type { Environment, Service } from '../../../environment/environment';
import type { EnvPlan, ServiceEnv } from '../../../env/env';
import { roleArn } from './render-task-definition';

/** What a role must be allowed to do, and why: one row of `verify`, and input for a policy. */
export interface Permission {
  service: string;
  /** `execution`: what ECS does before the container starts. `task`: what the program in it does. */
  role: 'execution' | 'task';
  /** Undefined if the environment names no role: the task definition's role applies. */
  arn?: string;
  actions: string[];
  resources: string[];
  reason: string;
}

/** The permissions that the roles of an environment need, for the rendered services. */
export function requiredPermissions(environment: Environment, plan: EnvPlan): Permission[] {
  return environment.services.flatMap((service) => {
    const rendered = plan.services.find(({ service: name }) => name === service.name);
    if (!rendered || service.target !== 'ecs') return [];
    return [...executionPermissions(environment, service, rendered), ...taskPermissions(environment, service, rendered)];
  });
}

type Row = Omit<Permission, 'service' | 'role' | 'arn'>;

function permissionsOf(
  environment: Environment,
  service: Service,
  role: Permission['role'],
  list: (Row | false | undefined)[],
): Permission[] {
  const name = role === 'execution' ? service.executionRole : service.taskRole;
  const arn = name === undefined ? undefined : roleArn(name, environment.ecs.account, environment.ecs.region);
  return list.flatMap((row) => (row ? [{ service: service.name, role, arn, ...row }] : []));
}

function executionPermissions(environment: Environment, service: Service, { image, secrets }: ServiceEnv): Permission[] {
  const ecr = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^@:]+)/.exec(image) ?? undefined;
  const references = Object.values(secrets);
  const { account, region } = environment.ecs;
  const parameters = references.filter((arn) => arn.includes(':ssm:'));
  // The JSON key and the version are not part of the resource's ARN.
  const storedSecrets = references
    .filter((arn) => arn.includes(':secretsmanager:'))
    .map((arn) => secretResource(arn.split(':').slice(0, 7).join(':')));
  return permissionsOf(environment, service, 'execution', [
    ecr && { actions: ['ecr:GetAuthorizationToken'], resources: ['*'], reason: 'to log in to the registry' },
    ecr && {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [`arn:aws:ecr:${ecr[2]}:${ecr[1]}:repository/${ecr[3]}`],
      reason: 'to pull the image',
    },
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:aws:logs:${region}:${account}:log-group:${service.logGroup}:*`],
      reason: 'to write the log',
    },
    parameters.length > 0 && { actions: ['ssm:GetParameters'], resources: unique(parameters), reason: 'to read secrets' },
    storedSecrets.length > 0 && {
      actions: ['secretsmanager:GetSecretValue'],
      resources: unique(storedSecrets),
      reason: 'to read secrets',
    },
  ]);
}

function taskPermissions(environment: Environment, service: Service, { env }: ServiceEnv): Permission[] {
  const { ecs, exec, bundles } = environment;
  const bucket = /^s3:\/\/([^/]+)/.exec(env.KDCUBE_STORAGE_PATH ?? '')?.[1];
  const isChat = service.component === 'ingress' || service.component === 'proc';
  const fargate = service.component === 'proc' ? exec?.fargate : undefined;
  const passed = [fargate?.executionRole, fargate?.taskRole].filter((role) => role !== undefined);
  const prefix = secretsPrefix({ tenant: environment.tenant, project: environment.project, variables: env });
  const efs = service.mounts.filter((mount) => mount.efs?.accessPoint !== undefined);
  return permissionsOf(environment, service, 'task', [
    isChat &&
      bucket !== undefined && {
        actions: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
        resources: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        reason: 'KDCUBE_STORAGE_PATH is in this bucket',
      },
    fargate && {
      actions: ['ecs:RunTask'],
      resources: [`arn:aws:ecs:${ecs.region}:${ecs.account}:task-definition/${fargate.family}:*`],
      reason: 'to start exec tasks',
    },
    fargate && {
      actions: ['ecs:DescribeTasks', 'ecs:StopTask'],
      resources: [`arn:aws:ecs:${ecs.region}:${ecs.account}:task/${fargate.cluster}/*`],
      reason: 'to wait for exec tasks',
    },
    passed.length > 0 && {
      actions: ['iam:PassRole'],
      resources: unique(passed.map((role) => roleArn(role, ecs.account, ecs.region))),
      reason: 'the exec task has these roles',
    },
    service.component === 'metrics' &&
      env.METRICS_EXPORT_CLOUDWATCH === '1' && {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        reason: 'metrics are exported to CloudWatch',
      },
    service.component === 'proc' &&
      bundles.descriptor === 'aws-sm' && {
        actions: [
          'secretsmanager:CreateSecret',
          'secretsmanager:DeleteSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
        ],
        resources: [`arn:aws:secretsmanager:${ecs.region}:${ecs.account}:secret:${prefix}/bundles*`],
        reason: 'the bundle descriptor is in Secrets Manager',
      },
    efs.length > 0 && {
      actions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
      resources: efs.map(({ efs: system }) => `arn:aws:elasticfilesystem:${ecs.region}:${ecs.account}:file-system/${system!.id}`),
      reason: 'to mount its volumes',
    },
  ]);
}

/** Secrets Manager appends six random characters to the name in an ARN. */
function secretResource(arn: string): string {
  return /-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`;
}

function unique(list: string[]): string[] {
  return [...new Set(list)].sort();
}
