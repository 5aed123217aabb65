import { findProblem } from '../../../../deploy/checks/check';
import { deployIdle } from '../../../../deploy/checks/concurrent';
import type { ServiceStep } from '../../../../deploy/deploy-plan';
import { KdcubeError } from '../../../../problem/problem';
import { describeStage, hasReached, isInProgress, isNative, pausedHook } from '../native/stages';
import type { ServiceDeploymentState, ServiceState } from '../port/port';
import { pause, serviceNames, type Rollout } from '../rollout';
import { formatElapsed } from '../wave/text';
import { describeLingeringTasks, taskHealth } from '../wave/timeout';

/** How long a deployment is waited for that lacks only the end of old tasks. Milliseconds. */
const LINGERING_TIMEOUT = 300_000;

/**
 * Waits until ECS has finished the deployments of the old revisions: the rollback of an earlier run, or a restart. A deployment whose tasks fail is not waited for: its circuit breaker may take 15 minutes,
 * and what is deployed now, a rollback above all, replaces it. One that lacks only the end of old tasks is waited for 5 minutes: they may never end. One with a native strategy is never replaced in a
 * stage before CLEAN_UP; if it is paused, a person decides, so it is not waited for longer than 5 minutes either.
 */
export async function waitForOngoingDeployments(rollout: Rollout, services: ServiceState[]): Promise<ServiceState[]> {
  const { clock, options } = rollout;
  const startedAt = clock.now();
  const skipped = new Set<string>();
  let current = services;
  for (;;) {
    const busy = current.filter((service) => isBusy(rollout, service) && !skipped.has(service.deployments[0]!.id));
    const elapsed = clock.now() - startedAt;
    const isLong = elapsed >= Math.min(LINGERING_TIMEOUT, options.timeout);
    const stages = isLong ? await readStages(rollout, busy) : new Map<string, ServiceDeploymentState>();
    for (const service of isLong ? busy : [])
      if (!stages.has(service.name) && (await lacksOnlyOldTasks(rollout, service, elapsed)))
        skipped.add(service.deployments[0]!.id);
    const waiting = busy.filter(({ deployments: [first] }) => !skipped.has(first!.id));
    if (waiting.length === 0) return current;
    const isPaused = [...stages.values()].some((state) => pausedHook(state) !== undefined);
    if (elapsed >= options.timeout || isPaused) throw busyProblem(rollout, waiting, stages);
    for (const { name, deployments } of waiting) {
      const { service } = findStep(rollout, name);
      rollout.report({ event: 'waiting', service, text: `waiting for the deployment in progress (${deployments[0]!.id})` });
    }
    await pause(rollout, 15_000);
    current = await rollout.ecs.describeServices(serviceNames(rollout));
  }
}

/** Without a task to run there is nothing to wait for. */
function isBusy({ plan }: Rollout, { name, desired, deployments: [first] }: ServiceState): boolean {
  if (desired === 0) return false;
  if (first?.rollout !== 'IN_PROGRESS' || first.taskDefinition !== plan.baseline[name]?.taskDefinition) return false;
  return first.failed === 0 || /rolling back/i.test(first.reason ?? '');
}

/** Of the native deployments that still shift traffic, bake or are paused, by the service's name at ECS. */
async function readStages({ ecs }: Rollout, busy: readonly ServiceState[]): Promise<Map<string, ServiceDeploymentState>> {
  const stages = new Map<string, ServiceDeploymentState>();
  for (const { name } of busy.filter(isNative)) {
    const [state] = await ecs.listServiceDeployments(name);
    if (state && isInProgress(state) && !hasReached(state, 'CLEAN_UP')) stages.set(name, state);
  }
  return stages;
}

async function lacksOnlyOldTasks(rollout: Rollout, service: ServiceState, elapsed: number): Promise<boolean> {
  const step = findStep(rollout, service.name);
  const { taskDefinition } = service.deployments[0]!;
  const expected = { taskDefinition, container: step.container, digests: [], desired: service.desired };
  const health = await taskHealth(rollout, service, expected);
  if (health.state !== 'healthy') return false;
  rollout.report({
    event: 'note',
    text: `${step.service}: ECS has not called the deployment in progress COMPLETED ${formatElapsed(elapsed)}, and all its tasks are healthy: not waiting for it any longer.${await describeLingeringTasks(rollout, step)}`,
  });
  return true;
}

function findStep({ plan }: Rollout, name: string): ServiceStep {
  return plan.services.find(({ serviceName }) => serviceName === name)!;
}

function busyProblem(
  rollout: Rollout,
  busy: readonly ServiceState[],
  stages: ReadonlyMap<string, ServiceDeploymentState>,
): KdcubeError {
  const { cluster, region, environment } = rollout.plan;
  const deployments = busy.map(({ name, deployments: [first] }) => {
    const state = stages.get(name);
    const where = state && `${pausedHook(state) ? 'paused at ' : ''}${describeStage(state)}`;
    return { service: name, id: first!.id, reason: where ?? first!.reason };
  });
  const inStages = busy.filter(({ name }) => stages.has(name)).map(({ name }) => findStep(rollout, name).service);
  return new KdcubeError(findProblem([deployIdle], cluster, { deployments, region, environment, inStages })!);
}
