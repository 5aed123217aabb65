import type { Environment, EnvPlan } from '@kdcube/release';
import { neededPermissions, roleArn } from '@kdcube/release';
import type { Log } from '../../log';
import { inParallel } from '../../parallel';
import { answered, good, unknown, wrong, type Answer } from './answers';
import { awsQuestions, type AwsQuestions } from '../aws/ask-aws';
import { connectAws } from '../aws/client';
import { imageAnswers } from './images';
import { serviceAnswers } from './services';

/** All that a plan of this environment assumes, asked one by one. Reads only, and never a secret's value. `pushed`: the services whose image has a digest. */
export async function verifyEnvironment(
  environment: Environment,
  { all: rendered, pushed }: { all: EnvPlan; pushed: EnvPlan },
  exec: string | undefined,
  log: Log,
): Promise<Answer[]> {
  const { region = '' } = environment.ecs;
  const aws = await connectAws(region);
  try {
    const questions = awsQuestions(aws);
    const identity = await accountAnswer(environment, questions);
    // What another account says of things of the same names would only mislead.
    if (identity.some(({ verdict }) => verdict === 'wrong'))
      return [...identity, unknown('everything else', environment.name, 'was not asked: it would be of another account')];
    const parts: (() => Promise<Answer[]>)[] = [
      () => serviceAnswers(aws, questions, environment),
      () => roleAnswers(environment, rendered, questions),
      () => secretAnswers(environment, rendered, questions),
      () => logAnswers(environment, questions),
      () => imageAnswers(environment, pushed, exec, log),
      () => quotaAnswers(environment, questions),
    ];
    return [...identity, ...(await inParallel(parts, 3, (part) => part())).flat()];
  } finally {
    aws.close();
  }
}

async function accountAnswer({ ecs }: Environment, aws: AwsQuestions): Promise<Answer[]> {
  const subject = ecs.account ?? '';
  return answered('account', subject, async () => {
    const account = await aws.account();
    return account === ecs.account
      ? good('account', subject, `these credentials, in ${ecs.region}`)
      : wrong('account', subject, `these credentials belong to ${account}`, 'AWS_PROFILE=<profile of that account>');
  });
}

async function roleAnswers(environment: Environment, rendered: EnvPlan, aws: AwsQuestions): Promise<Answer[]> {
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
    const needed = permissions.filter((permission) => permission.arn === arn);
    return [
      ...there,
      ...(
        await inParallel(needed, 2, ({ actions, resources, because }) =>
          answered('permission', `${name}: ${actions.join(', ')}`, async () => {
            const denied = await aws.denied(
              arn,
              actions,
              resources.filter((resource) => !resource.includes('?')),
            );
            return denied.length === 0
              ? good('permission', `${name}: ${actions.join(', ')}`, because)
              : wrong(
                  'permission',
                  `${name}: ${denied.join(', ')}`,
                  `is not allowed on ${resources.join(', ')}, and needed ${because}`,
                );
          }),
        )
      ).flat(),
    ];
  });
  return [...lacking, ...answers.flat()];
}

async function secretAnswers(environment: Environment, { services }: EnvPlan, aws: AwsQuestions): Promise<Answer[]> {
  const onEcs = services.filter(({ target }) => target === 'ecs');
  const references = [...new Set(onEcs.flatMap(({ secrets }) => Object.values(secrets)))].sort();
  const answers = await inParallel(references, 4, (reference) => {
    const [, , service, , , kind, ...rest] = reference.split(':');
    if (service === 'ssm') {
      const name = (kind ?? '').replace(/^parameter/, '');
      return answered('secret', `ssm:${name}`, async () =>
        (await aws.parameterExists(name))
          ? good('secret', `ssm:${name}`, 'is there')
          : wrong('secret', `ssm:${name}`, 'is not there', `aws ssm put-parameter --type SecureString --name ${name} --value …`),
      );
    }
    const [name = '', key] = rest;
    const subject = `secretsmanager:${name}${key ? `#${key}` : ''}`;
    return answered(
      'secret',
      subject,
      async () => {
        const { deleted } = await aws.secret(/-[A-Za-z0-9]{6}$/.test(name) ? reference.split(':').slice(0, 7).join(':') : name);
        if (deleted)
          return wrong(
            'secret',
            subject,
            'is marked for deletion, and ECS cannot read it',
            `aws secretsmanager restore-secret --secret-id ${name}`,
          );
        // Whether the key is in it could be told by its value only, and that is not asked for.
        return good(
          'secret',
          subject,
          key ? 'is there; whether it has this key only its value says, which is not asked for' : 'is there',
        );
      },
      /ResourceNotFound/,
      `aws secretsmanager create-secret --name ${name} …`,
    );
  });
  return answers.flat();
}

async function logAnswers(environment: Environment, aws: AwsQuestions): Promise<Answer[]> {
  const made = environment.services.filter(({ target, taskDefinition }) => target === 'ecs' && taskDefinition === 'environment');
  const exec = environment.exec?.fargate?.logGroup;
  const groups = [...new Set([...made.map(({ logGroup }) => logGroup), ...(exec === undefined ? [] : [exec])])];
  const answers = await inParallel(groups, 4, (group) =>
    answered('log group', group, async () =>
      (await aws.logGroups(group)).includes(group)
        ? good('log group', group, 'is there')
        : wrong(
            'log group',
            group,
            'is not there, and no task would start',
            `aws logs create-log-group --log-group-name ${group}`,
          ),
    ),
  );
  return answers.flat();
}

/** Fargate On-Demand vCPU resource count. */
const FARGATE_VCPU = 'L-3032A538';

async function quotaAnswers({ services }: Environment, aws: AwsQuestions): Promise<Answer[]> {
  const units = services
    .filter(({ target }) => target === 'ecs')
    .reduce((sum, { cpu, count }) => sum + cpu * Math.max(count ?? 1, 1), 0);
  // While a service is replaced, its old and its new tasks run at once.
  const needed = (2 * units) / 1024;
  return answered('quota', 'Fargate vCPU', async () => {
    const value = await aws.quota('fargate', FARGATE_VCPU);
    if (!Number.isFinite(value)) return unknown('quota', 'Fargate vCPU', 'AWS does not say');
    return value >= needed
      ? good(
          'quota',
          'Fargate vCPU',
          `${value} vCPU for the account; this environment takes ${needed} while all of it is replaced`,
        )
      : wrong(
          'quota',
          'Fargate vCPU',
          `${value} vCPU for the account, and this environment takes ${needed} while all of it is replaced`,
          `aws service-quotas request-service-quota-increase --service-code fargate --quota-code ${FARGATE_VCPU} --desired-value …`,
        );
  });
}
