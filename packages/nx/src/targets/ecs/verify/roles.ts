import type { Environment, EnvPlan, Permission } from '@kdcube/release/internal';
import { KdcubeError, requiredPermissions, roleArn } from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { AwsApi } from '../../../aws/api/aws-api';
import { fail, pass, runCheck, unknown, type CheckResult } from './results';

/** Checks that the roles exist, that ECS tasks can assume them, and that they have the permissions that their tasks need. */
export async function checkRoles(environment: Environment, rendered: EnvPlan, api: AwsApi): Promise<CheckResult[]> {
  const { exec } = environment;
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const users = [...services, ...(exec?.fargate ? [{ name: 'exec', taskDefinition: 'environment', ...exec.fargate }] : [])];
  const missing = users
    .filter(({ executionRole, taskDefinition }) => executionRole === undefined && taskDefinition === 'environment')
    .map(({ name }) =>
      fail('role', name, 'has no execution role: Fargate cannot write its log without one', 'ecs:\n  execution_role: …'),
    );
  const roles = new Set(
    users.flatMap(({ executionRole, taskRole }) => [executionRole, taskRole]).filter((role) => role !== undefined),
  );
  const permissions = requiredPermissions(environment, rendered);
  const results = await inParallel([...roles], 4, (role) => checkRole(role, environment, permissions, api));
  return [...missing, ...results.flat()];
}

async function checkRole(
  role: string,
  { ecs }: Environment,
  permissions: readonly Permission[],
  api: AwsApi,
): Promise<CheckResult[]> {
  const arn = roleArn(role, ecs.account, ecs.region);
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const trust = await runCheck(
    'role',
    name,
    async () => {
      if (/ecs-tasks\.amazonaws\.com/.test(await api.getTrustPolicy(name)))
        return pass('role', name, 'exists, and ECS tasks can assume it');
      const detail = 'cannot be assumed by ECS tasks: its trust policy does not name ecs-tasks.amazonaws.com';
      return fail('role', name, detail, `aws iam get-role --role-name ${name}`);
    },
    { notFound: /NoSuchEntity/, hint: `aws iam create-role --role-name ${name} …` },
  );
  if (trust.some(({ status }) => status !== 'pass')) return trust;
  const needed = mergePermissions(permissions.filter((permission) => permission.arn === arn));
  const allowed = await inParallel(needed, 2, (permission) => checkPermission(name, arn, permission, api));
  return [...trust, ...allowed.flat()];
}

type NeededPermission = Pick<Permission, 'actions' | 'resources' | 'reason'>;

/** Services that share a role need the same permissions on different resources: these are one check. */
function mergePermissions(permissions: readonly Permission[]): NeededPermission[] {
  const merged = new Map<string, NeededPermission>();
  for (const { actions, resources, reason } of permissions) {
    const key = `${actions.join(' ')} ${reason}`;
    merged.set(key, { actions, reason, resources: [...new Set([...(merged.get(key)?.resources ?? []), ...resources])].sort() });
  }
  return [...merged.values()];
}

async function checkPermission(
  role: string,
  roleArn: string,
  { actions, resources, reason }: NeededPermission,
  api: AwsApi,
): Promise<CheckResult[]> {
  const subject = `${role}: ${actions.join(', ')}`;
  return runCheck('permission', subject, async () => {
    const arns = (await inParallel(resources, 2, (resource) => resolveArn(resource, api))).filter((arn) => arn !== undefined);
    // Without resources IAM would simulate the actions on all of them. A missing secret is reported by its own check.
    if (arns.length === 0) return unknown('permission', subject, 'the resource that needs it does not exist');
    const denied = await api.findDeniedActions(roleArn, actions, arns);
    if (denied.length === 0) return pass('permission', subject, reason);
    return fail('permission', `${role}: ${denied.join(', ')}`, `denied on ${arns.join(', ')}, but needed ${reason}`);
  });
}

/** The ARN of a secret ends with six random characters, which a policy may name. */
async function resolveArn(resource: string, api: AwsApi): Promise<string | undefined> {
  const name = /:secret:(.+)-\?{6}$/.exec(resource)?.[1];
  if (name === undefined) return resource;
  try {
    return (await api.describeSecret(name)).arn;
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]!.code !== 'interrupted') return undefined;
    throw error;
  }
}
