import type { Environment, Service } from '../../../environment/environment';
import type { EnvPlan, ServiceEnv } from '../../../env/env';
import { roleArn } from './make';

/** What a role must be allowed, and why: a row for `verify`, and for whoever writes the policies. */
export interface Permission {
  service: string;
  /** `execution`: what ECS does before the program starts. `task`: what the program does itself. */
  role: 'execution' | 'task';
  /** Undefined where the environment names none: then whatever the task definition has. */
  arn?: string;
  actions: string[];
  resources: string[];
  because: string;
}

/** What every role of the environment needs, for what was rendered. */
export function neededPermissions(environment: Environment, plan: EnvPlan): Permission[] {
  return environment.services.flatMap((service) => {
    const rendered = plan.services.find(({ service: name }) => name === service.name);
    if (!rendered || service.target !== 'ecs') return [];
    return [...forExecution(environment, service, rendered), ...forTask(environment, service, rendered)];
  });
}

type Row = Omit<Permission, 'service' | 'role' | 'arn'>;

function rows(
  environment: Environment,
  service: Service,
  role: Permission['role'],
  list: (Row | false | undefined)[],
): Permission[] {
  const name = role === 'execution' ? service.executionRole : service.taskRole;
  const arn = name === undefined ? undefined : roleArn(name, environment.ecs.account, environment.ecs.region);
  return list.flatMap((row) => (row ? [{ service: service.name, role, arn, ...row }] : []));
}

function forExecution(environment: Environment, service: Service, { image, secrets }: ServiceEnv): Permission[] {
  const ecr = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^@:]+)/.exec(image) ?? undefined;
  const references = Object.values(secrets);
  const { account, region } = environment.ecs;
  const parameters = references.filter((arn) => arn.includes(':ssm:'));
  // The json key and the version are no part of the resource.
  const kept = references
    .filter((arn) => arn.includes(':secretsmanager:'))
    .map((arn) => resourceOf(arn.split(':').slice(0, 7).join(':')));
  return rows(environment, service, 'execution', [
    ecr && { actions: ['ecr:GetAuthorizationToken'], resources: ['*'], because: 'to log in to the registry' },
    ecr && {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: [`arn:aws:ecr:${ecr[2]}:${ecr[1]}:repository/${ecr[3]}`],
      because: 'to pull the image',
    },
    {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`arn:aws:logs:${region}:${account}:log-group:${service.logGroup}:*`],
      because: 'to write the log',
    },
    parameters.length > 0 && { actions: ['ssm:GetParameters'], resources: unique(parameters), because: 'to read secrets' },
    kept.length > 0 && { actions: ['secretsmanager:GetSecretValue'], resources: unique(kept), because: 'to read secrets' },
  ]);
}

function forTask(environment: Environment, service: Service, { env }: ServiceEnv): Permission[] {
  const { ecs, exec, bundles } = environment;
  const bucket = /^s3:\/\/([^/]+)/.exec(env.KDCUBE_STORAGE_PATH ?? '')?.[1];
  const chat = service.component === 'ingress' || service.component === 'proc';
  const fargate = service.component === 'proc' ? exec?.fargate : undefined;
  const passed = [fargate?.executionRole, fargate?.taskRole].filter((role) => role !== undefined);
  const efs = service.mounts.filter((mount) => mount.efs?.accessPoint !== undefined);
  return rows(environment, service, 'task', [
    chat &&
      bucket !== undefined && {
        actions: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
        resources: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        because: 'KDCUBE_STORAGE_PATH is there',
      },
    fargate && {
      actions: ['ecs:RunTask'],
      resources: [`arn:aws:ecs:${ecs.region}:${ecs.account}:task-definition/${fargate.family}:*`],
      because: 'to start code',
    },
    fargate && {
      actions: ['ecs:DescribeTasks', 'ecs:StopTask'],
      resources: [`arn:aws:ecs:${ecs.region}:${ecs.account}:task/${fargate.cluster}/*`],
      because: 'to see its end',
    },
    passed.length > 0 && {
      actions: ['iam:PassRole'],
      resources: unique(passed.map((role) => roleArn(role, ecs.account, ecs.region))),
      because: 'the exec task has these roles',
    },
    service.component === 'metrics' &&
      env.METRICS_EXPORT_CLOUDWATCH === '1' && {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        because: 'metrics are exported to CloudWatch',
      },
    service.component === 'proc' &&
      bundles.descriptor === 'aws-sm' && {
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        resources: [`arn:aws:secretsmanager:${ecs.region}:${ecs.account}:secret:*/bundles*`],
        because: 'the bundles are told from Secrets Manager',
      },
    efs.length > 0 && {
      actions: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
      resources: efs.map(({ efs: system }) => `arn:aws:elasticfilesystem:${ecs.region}:${ecs.account}:file-system/${system!.id}`),
      because: 'to mount its volumes',
    },
  ]);
}

/** Secrets Manager ends every ARN with six characters of its own, which a name does not have. */
function resourceOf(arn: string): string {
  return /-[A-Za-z0-9]{6}$/.test(arn) ? arn : `${arn}-??????`;
}

function unique(list: string[]): string[] {
  return [...new Set(list)].sort();
}
