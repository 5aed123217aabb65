import { accountMatches } from '../../../../deploy/checks/account';
import { type Check, findProblem } from '../../../../deploy/checks/check';
import { planLocation } from '../../../../deploy/checks/plan';
import {
  serviceActive,
  serviceExists,
  serviceScaling,
  type ServiceFacts,
  UPDATE_CHECKS,
} from '../../../../deploy/checks/service';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { forcedService } from '../../../../deploy/registry-step';
import { KdcubeError, type Problem } from '../../../../problem/problem';
import type { ServiceState } from '../port/port';
import { serviceNames, type Rollout } from '../rollout';

/** Checks that region, cluster, account and services are those of the plan, and that ECS can deploy each service. */
export async function checkTarget(rollout: Rollout): Promise<ServiceState[]> {
  const { plan, ecs } = rollout;
  refuse(findProblem([planLocation], plan.environment, { planned: plan, actual: ecs }));
  refuse(findProblem([accountMatches], plan.account, { actual: await ecs.getAccountId(), region: ecs.region }));
  const services = await ecs.describeServices(serviceNames(rollout));
  const problems = plan.services
    .filter(({ kind }) => kind === 'service')
    .flatMap((step) => findProblem(checksOf(rollout, step), step.serviceName, serviceFacts(rollout, step, services)) ?? []);
  if (problems.length > 0) throw new KdcubeError(problems);
  return services;
}

/** A service that this plan does not update only has to exist: how it is scaled and deployed is not judged. */
function checksOf({ plan }: Rollout, step: ServiceStep): readonly Check<ServiceFacts>[] {
  const isUpdated = step.change === 'update' || step === forcedService(plan);
  return isUpdated ? [...UPDATE_CHECKS, serviceScaling] : [serviceExists, serviceActive];
}

function refuse(problem: Problem | undefined): void {
  if (problem) throw new KdcubeError(problem);
}

function serviceFacts({ plan }: Rollout, step: ServiceStep, services: readonly ServiceState[]): ServiceFacts {
  const { region, cluster } = plan;
  const service = services.find(({ name }) => name === step.serviceName);
  if (!service) return { exists: false, region, cluster };
  const { status, controller, isDaemon } = service;
  const { before, after } = step.desiredCount;
  // A plan sets the desired count only where it changes it.
  return { exists: true, region, cluster, status, controller, isDaemon, isScaled: before !== after };
}
