import { forcedService, requiredForceFlags } from '../../../deploy/registry-step';
import type { PlannedDefinition } from '../../../deploy/deploy-plan';
import { familyRevision } from '../../../deploy/short-names';
import { nextRevision } from '../../../env/settings';
import { KdcubeError } from '../../../problem/problem';
import { setForceFlags } from '../plan/force-flags';
import { compareDefinitions } from '../task-definition/compare-definitions';
import { RESPONSE_ONLY_KEYS, type TaskDefinition } from '../task-definition/task-definition';
import { checkStop, getTaskDefinition, pause, type Rollout } from './rollout';

/** A revision that a step ends on. Without `arn` it is still to be registered. */
export interface PlannedRevision {
  definition: TaskDefinition;
  arn?: string;
}

export interface PlannedRevisions {
  exec?: PlannedRevision;
  /** By the service's name in the plan. */
  steps: Map<string, PlannedRevision>;
  forced?: { service: string; revision: PlannedRevision };
}

const EMPTY: TaskDefinition = { family: '', containerDefinitions: [] };

/** Finds the registered revision of each task definition of the plan: one that an interrupted run registered, or one that the plan reuses. Writes nothing. */
export async function findRevisions(rollout: Rollout): Promise<PlannedRevisions> {
  const { plan } = rollout;
  const planned: PlannedRevisions = { steps: new Map() };
  if (plan.exec) planned.exec = await planRevision(rollout, plan.exec.taskDefinition, undefined);
  const execRevision = planned.exec?.arn === undefined ? undefined : familyRevision(planned.exec.arn);
  const carrier = forcedService(plan);
  for (const step of plan.services) {
    const { service, taskDefinition: wanted } = step;
    if (step.change === 'none' && step !== carrier) {
      if (wanted.reuse !== undefined) planned.steps.set(service, { definition: EMPTY, arn: wanted.reuse });
      continue;
    }
    const baseline = plan.baseline[step.serviceName]?.taskDefinition;
    const revision = await planRevision(
      rollout,
      fillExecRevision(wanted, plan.exec?.taskDefinition.family, execRevision),
      baseline,
    );
    planned.steps.set(service, revision);
    if (step !== carrier) continue;
    const definition = setForceFlags(revision.definition, step.container, requiredForceFlags(plan));
    planned.forced = { service, revision: await withRegistered(rollout, definition, baseline) };
  }
  return planned;
}

async function planRevision(
  rollout: Rollout,
  planned: PlannedDefinition,
  baseline: string | undefined,
): Promise<PlannedRevision> {
  if (planned.reuse !== undefined) {
    const definition = await getTaskDefinition(rollout, planned.reuse);
    if (definition && definition.status !== 'INACTIVE') return { definition: toRegisterRequest(definition), arn: planned.reuse };
    throw new KdcubeError({
      code: 'plan-outdated',
      message: `The plan reuses ${familyRevision(planned.reuse)}, which ${definition ? 'was deregistered' : 'does not exist'}.`,
      hint: 'make a new plan',
    });
  }
  const definition = planned.register as TaskDefinition | undefined;
  if (!definition)
    throw new KdcubeError({ code: 'plan-invalid', message: `The plan has no task definition for ${planned.family}.` });
  return withRegistered(rollout, definition, baseline);
}

async function withRegistered(
  rollout: Rollout,
  definition: TaskDefinition,
  baseline: string | undefined,
): Promise<PlannedRevision> {
  const arn = await findSame(rollout, definition, baseline);
  return { definition, ...(arn !== undefined && { arn }) };
}

const MAX_COMPARED = 10;

/** A revision with this content, among those that are newer than `basis`, else among the newest. */
async function findSame(rollout: Rollout, definition: TaskDefinition, baseline: string | undefined): Promise<string | undefined> {
  if (JSON.stringify(definition).includes(nextRevision(''))) return undefined;
  const all = await rollout.ecs.listRevisions(definition.family);
  const oldest = baseline !== undefined && familyOf(baseline) === definition.family ? revisionOf(baseline) : -1;
  for (const arn of all.filter((each) => revisionOf(each) > oldest).slice(0, MAX_COMPARED)) {
    const registered = await getTaskDefinition(rollout, arn);
    if (registered && compareDefinitions(definition, registered).length === 0) return arn;
  }
  return undefined;
}

export function familyOf(arn: string): string {
  return familyRevision(arn).split(':')[0]!;
}

function revisionOf(arn: string): number {
  return Number(familyRevision(arn).split(':')[1]);
}

/** Registers all missing revisions before the first service is updated: exec first, because proc's environment names its revision. */
export async function registerAll(rollout: Rollout, planned: PlannedRevisions): Promise<void> {
  const { plan, revisions } = rollout;
  if (plan.exec && planned.exec) {
    revisions.exec = await registerIfMissing(rollout, planned.exec);
    const revision = familyRevision(revisions.exec);
    for (const [service, step] of planned.steps) {
      if (step.arn !== undefined) continue;
      const fill = (definition: TaskDefinition) => replaceExecRevision(definition, plan.exec!.taskDefinition.family, revision);
      planned.steps.set(service, { definition: fill(step.definition) });
      const { forced } = planned;
      if (forced?.service === service) forced.revision.definition = fill(forced.revision.definition);
    }
  }
  for (const [service, revision] of planned.steps) revisions.target.set(service, await registerIfMissing(rollout, revision));
  const { forced } = planned;
  if (forced) revisions.forced = { service: forced.service, taskDefinition: await registerIfMissing(rollout, forced.revision) };
}

async function registerIfMissing(rollout: Rollout, { definition, arn }: PlannedRevision): Promise<string> {
  if (arn !== undefined) return arn;
  checkStop(rollout);
  rollout.progress.hasWritten = true;
  const request = toRegisterRequest(definition);
  const registered = await rollout.ecs.registerTaskDefinition(request).catch(async (error: unknown) => {
    if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'aws-unreachable') throw error;
    // The connection broke, and the revision may be registered all the same: look for it, once lists are up to date.
    await pause(rollout, 5_000);
    return (await findSame(rollout, definition, undefined)) ?? rollout.ecs.registerTaskDefinition(request);
  });
  rollout.taskDefinitions.set(registered, Promise.resolve(definition));
  rollout.report({ event: 'registered', family: definition.family, taskDefinition: registered });
  return registered;
}

/** A revision with this content: a registered one, else a new one. */
export async function registerOrReuse(rollout: Rollout, definition: TaskDefinition): Promise<string> {
  return registerIfMissing(rollout, await withRegistered(rollout, definition, undefined));
}

/** A described task definition as a request of RegisterTaskDefinition. */
export function toRegisterRequest(definition: TaskDefinition): TaskDefinition {
  const entries = Object.entries(definition).filter(([key]) => !(RESPONSE_ONLY_KEYS as readonly string[]).includes(key));
  return Object.fromEntries(entries) as unknown as TaskDefinition;
}

function fillExecRevision(
  planned: PlannedDefinition,
  family: string | undefined,
  revision: string | undefined,
): PlannedDefinition {
  if (planned.register === undefined || family === undefined || revision === undefined) return planned;
  const register = replaceExecRevision(planned.register as unknown as TaskDefinition, family, revision);
  return { ...planned, register: register as unknown as Record<string, unknown> };
}

/** Replaces the placeholder of exec's next revision, which is always the whole value of an environment variable. */
function replaceExecRevision(definition: TaskDefinition, family: string, revision: string): TaskDefinition {
  const placeholder = nextRevision(family);
  const containerDefinitions = definition.containerDefinitions.map((container) => ({
    ...container,
    ...(container.environment && {
      environment: container.environment.map((each) => (each.value === placeholder ? { ...each, value: revision } : each)),
    }),
  }));
  return { ...definition, containerDefinitions };
}
