import type { Ecs, ServiceDeploymentState } from '@kdcube/release/internal';
import { familyRevision, isConflict, isInProgress, isNative, pausedHook } from '@kdcube/release/internal';
import { checkAccount, type EnvironmentPlace } from '../plan/read-running';

interface OpenDeployment {
  /** The name in the environment. */
  service: string;
  serviceName: string;
  state: ServiceDeploymentState;
  /** The revision that it replaces, and the new one: `family:revision`. */
  from: string;
  to: string;
}

/** The deployments that are paused; with `rollback` all that are in progress. Reads only. */
export async function findDeployments(
  ecs: Ecs,
  environment: EnvironmentPlace,
  services: readonly { name: string; serviceName: string }[],
  rollback: boolean,
): Promise<OpenDeployment[]> {
  checkAccount(await ecs.getAccountId(), environment);
  const found: OpenDeployment[] = [];
  const native = (await ecs.describeServices(services.map(({ serviceName }) => serviceName))).filter(isNative);
  for (const { name, serviceName } of services) {
    if (!native.some((service) => service.name === serviceName)) continue;
    const [state] = await ecs.listServiceDeployments(serviceName);
    if (!state || !(rollback ? isInProgress(state) : pausedHook(state) !== undefined)) continue;
    const from = await revisionOf(ecs, state.sources[0]?.arn);
    const to = await revisionOf(ecs, state.target.arn);
    found.push({ service: name, serviceName, state, from, to });
  }
  return found;
}

async function revisionOf(ecs: Ecs, serviceRevision: string | undefined): Promise<string> {
  const definition = serviceRevision === undefined ? undefined : await ecs.findRevisionDefinition(serviceRevision);
  return definition === undefined ? 'no revision' : familyRevision(definition);
}

/** A paused deployment is rolled back at its hook; one in progress is stopped, and ECS rolls it back. Returns those that ECS did not do this to, as they are now: they ended, or another answer came first. */
export async function continueDeployments(
  ecs: Ecs,
  found: readonly OpenDeployment[],
  rollback: boolean,
): Promise<OpenDeployment[]> {
  const others: OpenDeployment[] = [];
  for (const deployment of found) {
    try {
      await sendAnswer(ecs, deployment.state, rollback);
    } catch (error) {
      const now = isConflict(error) ? await readAgain(ecs, deployment) : undefined;
      if (!now || isOpen(now, deployment.state, rollback)) throw error;
      if (!isAsWanted(now, rollback)) others.push({ ...deployment, state: now });
    }
  }
  return others;
}

function sendAnswer(ecs: Ecs, state: ServiceDeploymentState, rollback: boolean): Promise<void> {
  const hook = pausedHook(state);
  return hook
    ? ecs.continueDeployment(state.arn, hook.id, rollback ? 'ROLLBACK' : 'CONTINUE')
    : ecs.rollBackDeployment(state.arn);
}

async function readAgain(ecs: Ecs, { serviceName, state }: OpenDeployment): Promise<ServiceDeploymentState | undefined> {
  return (await ecs.listServiceDeployments(serviceName)).find(({ arn }) => arn === state.arn);
}

/** Whether it still waits for this answer: then the refusal has another cause. */
function isOpen(now: ServiceDeploymentState, before: ServiceDeploymentState, rollback: boolean): boolean {
  const hook = pausedHook(before);
  return hook ? pausedHook(now)?.id === hook.id : rollback && isInProgress(now);
}

function isAsWanted(now: ServiceDeploymentState, rollback: boolean): boolean {
  return rollback !== (isInProgress(now) || now.status === 'SUCCESSFUL');
}
