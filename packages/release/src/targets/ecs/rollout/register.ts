import { KdcubeError } from '../../../problem/problem';
import { nextRevision } from '../../../env/settings';
import type { PlannedDefinition } from '../../../deploy/deploy-plan';
import { setForceFlags } from '../plan/force-flags';
import { forcedService, requiredForceFlags } from '../../../deploy/registry-step';
import { checkStop, definitionOf, pause, stepOf, type Run } from './rollout';
import { familyRevision } from '../../../deploy/short-names';
import { compareDefinitions } from '../task-definition/compare-definitions';
import { RESPONSE_ONLY_KEYS, type TaskDefinition } from '../task-definition/task-definition';

/** A revision that a step shall end on: there already, or still to be registered. */
export interface Wanted {
  definition: TaskDefinition;
  arn?: string;
}

/** The definitions of a plan, each with the registered revision that is the same: of an earlier run that was cut off, or of a plan that uses it again. Writes nothing. */
export interface Lookup {
  exec?: Wanted;
  steps: Map<string, Wanted>;
  forced?: { service: string; wanted: Wanted };
}

export async function lookUp(run: Run): Promise<Lookup> {
  const { plan } = run;
  const found: Lookup = { steps: new Map() };
  if (plan.exec) found.exec = await wantedOf(run, plan.exec.taskDefinition, undefined);
  const revision = found.exec?.arn === undefined ? undefined : familyRevision(found.exec.arn);
  const carrier = forcedService(plan);
  const flags = requiredForceFlags(plan);
  for (const step of plan.services) {
    if (step.change === 'none' && step !== carrier) {
      if (step.taskDefinition.reuse !== undefined)
        found.steps.set(step.service, { definition: EMPTY, arn: step.taskDefinition.reuse });
      continue;
    }
    const filled = fillNext(step.taskDefinition, plan.exec?.taskDefinition.family, revision);
    const wanted = await wantedOf(run, filled, plan.baseline[step.serviceName]?.taskDefinition);
    found.steps.set(step.service, wanted);
    if (step !== carrier) continue;
    const forced = setForceFlags(wanted.definition, step.container, flags);
    const arn = await findSame(run, forced, plan.baseline[step.serviceName]?.taskDefinition);
    found.forced = { service: step.service, wanted: { definition: forced, ...(arn !== undefined && { arn }) } };
  }
  return found;
}

const EMPTY: TaskDefinition = { family: '', containerDefinitions: [] };

async function wantedOf(run: Run, planned: PlannedDefinition, after: string | undefined): Promise<Wanted> {
  if (planned.reuse !== undefined) {
    const definition = await definitionOf(run, planned.reuse);
    if (definition && definition.status !== 'INACTIVE') return { definition: asAsked(definition), arn: planned.reuse };
    throw new KdcubeError({
      code: 'plan-outdated',
      message: `The plan uses ${familyRevision(planned.reuse)} again, which ${definition ? 'was deregistered' : 'is not there'}.`,
      hint: 'make the plan anew',
    });
  }
  const definition = planned.register as TaskDefinition | undefined;
  if (!definition) throw new KdcubeError({ code: 'plan-invalid', message: `The plan says no revision for ${planned.family}.` });
  const arn = await findSame(run, definition, after);
  return { definition, ...(arn !== undefined && { arn }) };
}

/** A revision with this content among those that are newer than what ran when the plan was made (`after`), else among the newest few. */
async function findSame(run: Run, definition: TaskDefinition, after: string | undefined): Promise<string | undefined> {
  if (JSON.stringify(definition).includes(nextRevision(''))) return undefined;
  const all = await run.ecs.revisions(definition.family);
  const from = after !== undefined && familyOf(after) === definition.family ? revisionOf(after) : -1;
  const newer = all.filter((arn) => revisionOf(arn) > from).slice(0, 10);
  for (const arn of newer) {
    const registered = await definitionOf(run, arn);
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

/** Registers what is not there yet, all of it before the first service moves: exec first, whose revision proc's environment names. */
export async function registerAll(run: Run, found: Lookup): Promise<void> {
  const { plan } = run;
  if (plan.exec && found.exec) {
    run.exec = await ensure(run, found.exec);
    const revision = familyRevision(run.exec);
    for (const [service, wanted] of found.steps) {
      if (wanted.arn !== undefined) continue;
      const definition = filledNext(wanted.definition, plan.exec.taskDefinition.family, revision);
      found.steps.set(service, { ...wanted, definition });
      if (found.forced?.service === service)
        found.forced.wanted.definition = filledNext(found.forced.wanted.definition, plan.exec.taskDefinition.family, revision);
    }
  }
  for (const [service, wanted] of found.steps) run.to.set(service, await ensure(run, wanted));
  if (found.forced) run.forced = { service: found.forced.service, taskDefinition: await ensure(run, found.forced.wanted) };
}

/** Registered once, also where the answer never came: UpdateService takes no token, so that whatever is tried again is tried with this ARN. */
export async function ensure(run: Run, { definition, arn }: Wanted): Promise<string> {
  if (arn !== undefined) return arn;
  checkStop(run);
  run.wrote = true;
  const asked = asAsked(definition);
  const registered = await run.ecs.register(asked).catch(async (error: unknown) => {
    if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'aws-unreachable') throw error;
    // The line broke: it may have been registered all the same. Lists are behind for a moment.
    await pause(run, 5_000);
    return (await findSame(run, definition, undefined)) ?? run.ecs.register(asked);
  });
  run.definitions.set(registered, Promise.resolve(definition));
  run.say({ event: 'registered', family: definition.family, taskDefinition: registered, found: false });
  return registered;
}

/** Some revision with this content: one that is there, else a new one. */
export async function ensureSame(run: Run, definition: TaskDefinition): Promise<string> {
  const arn = await findSame(run, definition, undefined);
  return ensure(run, { definition, ...(arn !== undefined && { arn }) });
}

/** As RegisterTaskDefinition takes it. */
export function asAsked(definition: TaskDefinition): TaskDefinition {
  const kept = Object.entries(definition).filter(([key]) => !(RESPONSE_ONLY_KEYS as readonly string[]).includes(key));
  return Object.fromEntries(kept) as unknown as TaskDefinition;
}

function fillNext(planned: PlannedDefinition, family: string | undefined, revision: string | undefined): PlannedDefinition {
  if (planned.register === undefined || family === undefined || revision === undefined) return planned;
  const register = filledNext(planned.register as unknown as TaskDefinition, family, revision);
  return { ...planned, register: register as unknown as Record<string, unknown> };
}

/** In the environment alone, and only as the whole value. */
function filledNext(definition: TaskDefinition, family: string, revision: string): TaskDefinition {
  const next = nextRevision(family);
  const containerDefinitions = definition.containerDefinitions.map((container) => ({
    ...container,
    ...(container.environment && {
      environment: container.environment.map((each) => (each.value === next ? { ...each, value: revision } : each)),
    }),
  }));
  return { ...definition, containerDefinitions };
}

/** The container's image of a revision. */
export async function imageOf(run: Run, arn: string, service: string): Promise<string | undefined> {
  const { container } = stepOf(run, service);
  const definition = await definitionOf(run, arn);
  const own = definition?.containerDefinitions.find(({ name }) => name === container) ?? definition?.containerDefinitions[0];
  return own?.image;
}
