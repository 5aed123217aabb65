import type { CheckResult, Environment, EnvPlan, Permission } from '@kdcube/release/internal';
import {
  applyCheck,
  executionRoleSet,
  KdcubeError,
  requiredPermissions,
  roleArn,
  rolePermission,
  roleTrust,
} from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { AwsApi } from '../../../aws/api/aws-api';
import { failuresOf, runCheck } from './results';

/** Checks that the roles exist, that ECS tasks can assume them, and that they have the permissions that their tasks need. */
export async function checkRoles(environment: Environment, rendered: EnvPlan, api: AwsApi): Promise<CheckResult[]> {
  const { exec } = environment;
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const users = [...services, ...(exec?.fargate ? [{ name: 'exec', taskDefinition: 'environment', ...exec.fargate }] : [])];
  const settings = users
    .filter(({ taskDefinition }) => taskDefinition === 'environment')
    .map(({ name, executionRole }) => applyCheck(executionRoleSet, name, { role: executionRole }));
  const roles = new Set(
    users.flatMap(({ executionRole, taskRole }) => [executionRole, taskRole]).filter((role) => role !== undefined),
  );
  const permissions = requiredPermissions(environment, rendered);
  const results = await inParallel([...roles], 4, (role) => checkRole(role, environment, permissions, api));
  return [...failuresOf(settings), ...results.flat()];
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
    roleTrust,
    name,
    async () => applyCheck(roleTrust, name, { trustPolicy: await api.getTrustPolicy(name) }),
    { notFound: /NoSuchEntity/, missing: () => applyCheck(roleTrust, name, { trustPolicy: undefined }) },
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
  return runCheck(rolePermission, subject, async () => {
    const arns = (await inParallel(resources, 2, (resource) => resolveArn(resource, api))).filter((arn) => arn !== undefined);
    // Without resources IAM would simulate the actions on all of them.
    const denied = arns.length === 0 ? [] : await api.findDeniedActions(roleArn, actions, arns);
    const facts = { resources: arns, denied, reason };
    return applyCheck(rolePermission, denied.length === 0 ? subject : `${role}: ${denied.join(', ')}`, facts);
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
