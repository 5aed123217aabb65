import type { Environment, EnvPlan } from '@kdcube/release';
import type { Log } from '../../log';
import { inParallel } from '../../parallel';
import { answered, good, unknown, wrong, type Answer } from './answers';
import { awsQuestions, type AwsQuestions } from '../aws/ask-aws';
import { networkQuestions } from '../aws/ask-network';
import { type AwsConnection, connectAws } from '../aws/client';
import { imageAnswers } from './images';
import { networkAnswers } from './network';
import { placesOf } from './places';
import { quotaAnswers } from './quotas';
import { roleAnswers } from './roles';
import { secretAnswers } from './secrets';
import { serviceAnswers } from './services';
import { storageAnswers } from './storage';

/** What is asked of, beside the environment. */
export interface Verified {
  rendered: EnvPlan;
  /** Only the services whose image has a digest. */
  pushed: EnvPlan;
  exec: string | undefined;
  /** Whether secrets may be read, to see which keys they have. */
  secretKeys: boolean;
}

/** All that a plan of this environment assumes, asked one by one. Reads only. */
export async function verifyEnvironment(
  environment: Environment,
  { rendered, pushed, exec, secretKeys }: Verified,
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
      () => placedAnswers(environment, aws, questions),
      () => roleAnswers(environment, rendered, questions),
      () => secretAnswers(rendered, questions, { keys: secretKeys }),
      () => logAnswers(environment, questions),
      () => imageAnswers(environment, pushed, exec, log),
      () => quotaAnswers(environment, questions),
    ];
    return [...identity, ...(await inParallel(parts, 3, (part) => part())).flat()];
  } finally {
    aws.close();
  }
}

/** The services, then what only they tell: where tasks are started, and what they reach from there. */
async function placedAnswers(environment: Environment, aws: AwsConnection, questions: AwsQuestions): Promise<Answer[]> {
  const { answers, found } = await serviceAnswers(aws, questions, environment);
  const asked = networkQuestions(aws);
  const placed = await networkAnswers(placesOf(environment, found), found, asked);
  return [...answers, ...placed.answers, ...(await storageAnswers(environment, found, placed.network, asked))];
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
