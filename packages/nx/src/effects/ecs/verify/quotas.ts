import type { Environment, Service } from '@kdcube/release';
import { answered, good, unknown, wrong, type Answer } from './answers';
import type { AwsQuestions } from '../aws/ask-aws';

/** Fargate On-Demand vCPU resource count. */
const FARGATE_VCPU = 'L-3032A538';
/** As Amazon lists it, without a code that its documents would say. */
const TASKS = 'Tasks per service';

/** Whether the account may have as much as the environment takes while all of it is replaced. */
export async function quotaAnswers(environment: Environment, aws: AwsQuestions): Promise<Answer[]> {
  const services = environment.services.filter(({ target }) => target === 'ecs');
  return [...(await fargateAnswer(services, aws)), ...(await tasksAnswer(services, aws))];
}

async function fargateAnswer(services: readonly Service[], aws: AwsQuestions): Promise<Answer[]> {
  const units = services.reduce((sum, { cpu, count }) => sum + cpu * Math.max(count ?? 1, 1), 0);
  // While a service is replaced, its old and its new tasks run at once.
  const needed = (2 * units) / 1024;
  return answered('quota', 'Fargate vCPU', async () => {
    const value = await aws.quota('fargate', FARGATE_VCPU);
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

async function tasksAnswer(services: readonly Service[], aws: AwsQuestions): Promise<Answer[]> {
  const [largest] = services.filter(({ count }) => count !== undefined).sort((a, b) => b.count! - a.count!);
  if (!largest) return [];
  return answered('quota', 'tasks of a service', async () => {
    const value = await aws.quotaNamed('ecs', TASKS);
    if (!Number.isFinite(value)) return unknown('quota', 'tasks of a service', 'AWS does not say');
    const wants = `${largest.name} has ${largest.count}`;
    return value >= largest.count!
      ? good('quota', 'tasks of a service', `${value}; ${wants}`)
      : wrong(
          'quota',
          'tasks of a service',
          `${value}, and ${wants}`,
          'aws service-quotas list-service-quotas --service-code ecs',
        );
  });
}
