import { KdcubeError } from '../../../problem/problem';
import type { Problem } from '../../../problem/problem';
import type { Environment, Service } from '../../../environment/environment';
import type { EnvPlan } from '../../../env/env';
import { renderEnv } from '../../../env/env';
import type { ServiceValues } from '../../../deploy/deploy-plan';
import { planTaskDefinitions } from '../task-definition/plan-tasks';
import type { TaskDefinition } from '../task-definition/task-definition';
import { assemblePlan } from './assemble-plan';
import type { DeployInput, PlannedDeploy } from './deploy-input';
import { findPlainSecrets } from './find-plain-secrets';
import { planExec } from './plan-exec';
import { reuseRegisteredText } from './reuse-registered-text';
import type { Running } from './running';
import { findServiceProblems, runningDefinition } from './running-service';
import { planServiceStep } from './service-step';

/** What a deploy would do, computed from the release and what runs. Throws all problems at once. */
export function planDeploy(input: DeployInput): PlannedDeploy {
  const { environment, running } = input;
  const services = environment.services.filter(({ target }) => target === 'ecs');
  const problems: Problem[] = running.from === 'ecs' ? findServiceProblems(services, running) : [];
  if (problems.length > 0) throw new KdcubeError(problems);
  const exec = planExec(input);
  const env = renderEnvironments(input, exec?.procReference, problems);
  const tasks = planTaskDefinitions({
    environment: withoutRunningDefinitions(environment, running),
    plan: env,
    customDefinitions: input.customDefinitions,
    registered: registeredDefinitions(services, input),
    packing: input.packing,
  });
  const values: ServiceValues = new Map();
  const steps = services.map((service) => {
    const task = tasks.find((each) => each.service === service.name)!;
    const rendered = env.services.find((each) => each.service === service.name)!;
    if (running.from === 'ecs') problems.push(...findPlainSecrets(task.definition, service, rendered));
    return planServiceStep(service, task, rendered, input, values);
  });
  if (problems.length > 0) throw new KdcubeError(problems);
  return { plan: assemblePlan(input, services, steps, exec?.plan, env), values };
}

/** The environment of each service, with registered texts where the content is the same. */
function renderEnvironments(input: DeployInput, execTaskDefinition: string | undefined, problems: Problem[]): EnvPlan {
  const { environment, release, descriptor, images, assembly, imageHasGit } = input;
  try {
    const env = renderEnv({ environment, release, descriptor, images, execTaskDefinition, assembly, imageHasGit });
    return reuseRegisteredText(env, input);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    throw new KdcubeError([...problems, ...error.problems], { cause: error });
  }
}

/** By family: the running revision, else the latest. */
function registeredDefinitions(services: readonly Service[], input: DeployInput): Map<string, TaskDefinition> {
  return new Map(
    services.flatMap((service) => {
      const found = runningDefinition(service, input);
      return found ? [[service.family, found] as const] : [];
    }),
  );
}

/** Offline, the running task definitions are unknown: `task_definition: running` is rendered from the environment. */
function withoutRunningDefinitions(environment: Environment, { from }: Running): Environment {
  if (from === 'ecs') return environment;
  const services = environment.services.map((service) =>
    service.taskDefinition === 'running' ? { ...service, taskDefinition: 'environment' } : service,
  );
  return { ...environment, services };
}
