import { forcedService, requiredForceFlags } from '../../../deploy/registry-step';
import type { PlannedDefinition } from '../../../deploy/deploy-plan';
import { familyRevision } from '../../../deploy/short-names';
import { nextRevision } from '../../../env/settings';
import { KdcubeError } from '../../../problem/problem';
import { activeForceFlags, setForceFlags } from '../plan/force-flags';
import { compareDefinitions } from '../task-definition/compare-definitions';
import { RESPONSE_ONLY_KEYS, type TaskDefinition } from '../task-definition/task-definition';
import { getTaskDefinition, pause, write, type Rollout } from './rollout';
import { isUnconfirmed } from './port/retries';

/** A revision that a step ends on. Without `arn` it is still to be registered. */
export interface StepDefinition {
  definition: TaskDefinition;
  arn?: string;
}

export interface StepDefinitions {
  exec?: StepDefinition;
  /** By the service's name in the plan. */
  steps: Map<string, StepDefinition>;
  forced?: { service: string; revision: StepDefinition };
}

const EMPTY: TaskDefinition = { family: '', containerDefinitions: [] };

/** Finds the registered revision of each task definition of the plan: one that an interrupted run registered, or one that the plan reuses. Writes nothing. */
export async function findRegistered(rollout: Rollout): Promise<StepDefinitions> {
  const { plan } = rollout;
  const definitions: StepDefinitions = { steps: new Map() };
  if (plan.exec) definitions.exec = await findRevision(rollout, plan.exec.taskDefinition, undefined);
  const execRevision = definitions.exec?.arn === undefined ? undefined : familyRevision(definitions.exec.arn);
  const carrier = forcedService(plan);
  for (const step of plan.services) {
    const { service, taskDefinition: wanted } = step;
    if (step.change === 'none' && step !== carrier) {
      if (wanted.reuse !== undefined) definitions.steps.set(service, { definition: EMPTY, arn: wanted.reuse });
      continue;
    }
    const baseline = plan.baseline[step.serviceName]?.taskDefinition;
    const revision = await findRevision(
      rollout,
      fillExecRevision(wanted, plan.exec?.taskDefinition.family, execRevision),
      baseline,
    );
    definitions.steps.set(service, revision);
    if (step !== carrier) continue;
    const definition = setForceFlags(revision.definition, step.container, requiredForceFlags(plan));
    definitions.forced = { service, revision: await withRegistered(rollout, definition, baseline) };
  }
  return definitions;
}

async function findRevision(rollout: Rollout, planned: PlannedDefinition, baseline: string | undefined): Promise<StepDefinition> {
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
): Promise<StepDefinition> {
  const arn = await findSame(rollout, definition, baseline);
  return { definition, ...(arn !== undefined && { arn }) };
}

const MAX_COMPARED = 10;

/**
 * A revision with this content, among those that are newer than the baseline, else among the newest. If the baseline has a FORCE flag on, an interrupted run registered it, and its other revisions
 * may be older.
 */
async function findSame(rollout: Rollout, definition: TaskDefinition, baseline: string | undefined): Promise<string | undefined> {
  if (JSON.stringify(definition).includes(nextRevision(''))) return undefined;
  const all = await rollout.ecs.listRevisions(definition.family);
  const oldest = await oldestCompared(rollout, definition, baseline);
  for (const arn of all.filter((each) => revisionOf(each) > oldest).slice(0, MAX_COMPARED)) {
    const registered = await getTaskDefinition(rollout, arn);
    if (registered && compareDefinitions(definition, registered).length === 0) return arn;
  }
  return undefined;
}

/** Revisions up to this one are not compared. */
async function oldestCompared(rollout: Rollout, { family }: TaskDefinition, baseline: string | undefined): Promise<number> {
  if (baseline === undefined || familyOf(baseline) !== family) return -1;
  const running = await getTaskDefinition(rollout, baseline);
  return running && activeForceFlags(running).length > 0 ? -1 : revisionOf(baseline);
}

export function familyOf(arn: string): string {
  return familyRevision(arn).split(':')[0]!;
}

function revisionOf(arn: string): number {
  return Number(familyRevision(arn).split(':')[1]);
}

/** Registers all missing revisions before the first service is updated: exec first, because proc's environment names its revision. */
export async function registerAll(rollout: Rollout, definitions: StepDefinitions): Promise<void> {
  const { plan, revisions } = rollout;
  if (plan.exec && definitions.exec) {
    revisions.exec = await registerIfMissing(rollout, definitions.exec);
    const revision = familyRevision(revisions.exec);
    for (const [service, step] of definitions.steps) {
      if (step.arn !== undefined) continue;
      const fill = (definition: TaskDefinition) => replaceExecRevision(definition, plan.exec!.taskDefinition.family, revision);
      definitions.steps.set(service, { definition: fill(step.definition) });
      const { forced } = definitions;
      if (forced?.service === service) forced.revision.definition = fill(forced.revision.definition);
    }
  }
  for (const [service, revision] of definitions.steps) revisions.target.set(service, await registerIfMissing(rollout, revision));
  const { forced } = definitions;
  if (forced) revisions.forced = { service: forced.service, taskDefinition: await registerIfMissing(rollout, forced.revision) };
}

async function registerIfMissing(rollout: Rollout, { definition, arn }: StepDefinition): Promise<string> {
  if (arn !== undefined) return arn;
  const request = toRegisterRequest(definition);
  const register = () => write(rollout, () => rollout.ecs.registerTaskDefinition(request));
  const registered = await register().catch(async (error: unknown) => {
    if (!isUnconfirmed(error)) throw error;
    // No response arrived, and the revision may be registered all the same: search for it, once lists are up to date.
    await pause(rollout, 5_000);
    return (await findSame(rollout, definition, undefined)) ?? register();
  });
  rollout.progress.registered.push(familyRevision(registered));
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
