import type { Environment, EnvPlan, Permission } from '@kdcube/release';
import { KdcubeError, neededPermissions, roleArn } from '@kdcube/release';
import { inParallel } from '../../parallel';
import { answered, good, unknown, wrong, type Answer } from './answers';
import type { AwsQuestions } from '../aws/ask-aws';

/** Whether the roles are there, tasks may have them, and they may do what is needed. */
export async function roleAnswers(environment: Environment, rendered: EnvPlan, aws: AwsQuestions): Promise<Answer[]> {
  const { ecs, exec } = environment;
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const named = [...services, ...(exec?.fargate ? [{ name: 'exec', taskDefinition: 'environment', ...exec.fargate }] : [])];
  const lacking = named
    .filter(({ executionRole, taskDefinition }) => executionRole === undefined && taskDefinition === 'environment')
    .map(({ name }) =>
      wrong('role', name, 'has no execution role, and Fargate cannot write its log without one', 'ecs:\n  execution_role: …'),
    );
  const roles = [
    ...new Set(named.flatMap(({ executionRole, taskRole }) => [executionRole, taskRole]).filter((role) => role !== undefined)),
  ];
  const permissions = neededPermissions(environment, rendered);
  const answers = await inParallel(roles, 4, async (role) => {
    const arn = roleArn(role, ecs.account, ecs.region);
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const there = await answered(
      'role',
      name,
      async () =>
        /ecs-tasks\.amazonaws\.com/.test(await aws.roleTrust(name))
          ? good('role', name, 'is there, and tasks may have it')
          : wrong(
              'role',
              name,
              'does not let tasks have it: its trust policy does not name ecs-tasks.amazonaws.com',
              `aws iam get-role --role-name ${name}`,
            ),
      /NoSuchEntity/,
      `aws iam create-role --role-name ${name} …`,
    );
    if (there.some(({ verdict }) => verdict !== 'good')) return there;
    const needed = merged(permissions.filter((permission) => permission.arn === arn));
    const allowed = await inParallel(needed, 2, (permission) => permissionAnswers(name, arn, permission, aws));
    return [...there, ...allowed.flat()];
  });
  return [...lacking, ...answers.flat()];
}

type Needed = Pick<Permission, 'actions' | 'resources' | 'because'>;

/** Many services have one role, and need the same of it. */
function merged(permissions: readonly Permission[]): Needed[] {
  const needed = new Map<string, Needed>();
  for (const { actions, resources, because } of permissions) {
    const key = `${actions.join(' ')} ${because}`;
    needed.set(key, { actions, because, resources: [...new Set([...(needed.get(key)?.resources ?? []), ...resources])].sort() });
  }
  return [...needed.values()];
}

async function permissionAnswers(
  name: string,
  arn: string,
  { actions, resources, because }: Needed,
  aws: AwsQuestions,
): Promise<Answer[]> {
  const subject = `${name}: ${actions.join(', ')}`;
  return answered('permission', subject, async () => {
    const known = (await inParallel(resources, 2, (resource) => wholeArn(resource, aws))).filter((each) => each !== undefined);
    // Asked of no resource, IAM answers for all there are; that the secret is not there is said of the secret.
    if (known.length === 0) return unknown('permission', subject, 'what it is needed for is not there');
    const denied = await aws.denied(arn, actions, known);
    return denied.length === 0
      ? good('permission', subject, because)
      : wrong('permission', `${name}: ${denied.join(', ')}`, `is not allowed on ${known.join(', ')}, and needed ${because}`);
  });
}

/** Secrets Manager ends every ARN with six characters of its own, which only it knows; a policy may name them. */
async function wholeArn(resource: string, aws: AwsQuestions): Promise<string | undefined> {
  const name = /:secret:(.+)-\?{6}$/.exec(resource)?.[1];
  if (name === undefined) return resource;
  try {
    return (await aws.secret(name)).arn;
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]!.code !== 'interrupted') return undefined;
    throw error;
  }
}
