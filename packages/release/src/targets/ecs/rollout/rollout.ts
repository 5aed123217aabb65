import { KdcubeError } from '../../../problem/problem';
import type { Clock, StopSignal } from '../../../deploy/clock';
import type { DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import type { SecretWrite } from '../../../deploy/descriptor-secrets';
import type { TaskDefinition } from '../task-definition/task-definition';
import type { RolloutEvent } from './events';
import type { Stage } from './native/stages';
import type { Ecs, Images, Readiness } from './port/port';
import { isUnconfirmed, retryCalls } from './port/retries';

export interface RolloutPorts {
  ecs: Ecs;
  clock: Clock;
  images: Images;
  /** Undefined: proc is not asked whether its bundles are ready. */
  readiness?: Readiness;
  report: (event: RolloutEvent) => void;
}

export interface RolloutOptions {
  /** Hash of the plan: a one-off task that an earlier run of the plan started is recognized by it. */
  planId: string;
  /** Hash of what is deployed, whatever runs now: a new plan for the same deploy passes the lock of an interrupted run. Default: `planId`. */
  deployId?: string;
  /** The command that continues after an interruption. Default: the deploy of the environment. */
  resumeCommand?: string;
  /** Milliseconds for the deployments of a wave. ECS's circuit breaker takes 12 to 17 minutes: use more. */
  timeout: number;
  onFailure: 'rollback' | 'stop';
  /** Ends the wait for a native deployment at this stage. */
  waitUntil?: Stage;
  /** Milliseconds to wait for the lock of another deploy. 0: refuse at once. */
  lockTimeout: number;
  /** Ctrl-C. */
  stop?: StopSignal;
}

/** The revisions of a rollout. register.ts and resume.ts write them. */
interface Revisions {
  /** The revision that each service ends on, by the service's name in the plan. */
  target: Map<string, string>;
  /** The revision of proc with the FORCE flags, if the plan overwrites what Redis holds. */
  forced?: { service: string; taskDefinition: string };
  exec?: string;
}

/** What became of the secrets with the bundle descriptor. */
interface SecretsProgress {
  /** What they held before this deploy, by name. Without those that did not exist. */
  before: Map<string, Record<string, unknown>>;
  /** In order: those whose write Secrets Manager acknowledged, or an earlier run's. */
  written: SecretWrite[];
  /** Their versions since then, by name. */
  versions: Map<string, string>;
  /** A write without a response: Secrets Manager may have carried it out. */
  unconfirmed?: SecretWrite;
  /** Written back by the rollback. */
  restored: string[];
  /** `started`: a task of proc may have loaded the list. */
  reload: 'none' | 'started' | 'done';
}

/** What a rollout has done so far, as AWS confirmed it. The steps write it; a failure reports it. */
interface Progress {
  /** A call that writes had an effect, or may have had one. */
  hasWritten: boolean;
  /** New revisions, as `family:revision`. */
  registered: string[];
  /** Services whose update AWS confirmed, in order. */
  updated: ServiceStep[];
  /** All revisions that a service was set to, in order, by the service's name in the plan. */
  history: Map<string, string[]>;
  /** Updates without a response: AWS may have carried them out. The revision, by the service's name in the plan. */
  unconfirmed: Map<string, string>;
  /** Services that start with a FORCE flag, by name in the plan: their revision, and the same without the flag. */
  flagged: Map<string, { taskDefinition: string; clean: string }>;
  /** What ECS is working on, by the service's name in the plan. */
  inFlight: Map<string, string>;
  /** A task of the forced revision of proc has started: Redis holds the new bundle registry. */
  isRegistryForced: boolean;
  /** The bundle descriptor in Secrets Manager, if the plan writes it. */
  secrets: SecretsProgress;
  /** Services that were followed to a stage only (`waitUntil`), by name in the plan. */
  reached: Map<string, string>;
}

/** One rollout of a plan. Its members never change; `revisions` and `progress` are filled on the way. */
export interface Rollout extends Readonly<RolloutPorts> {
  readonly plan: DeployPlan;
  readonly options: RolloutOptions;
  readonly startedAt: number;
  /** The revisions that a service may run before this rollout updates it, by its name at ECS: that of the plan's baseline, and those of an interrupted run. */
  readonly revisionsBefore: ReadonlyMap<string, readonly string[]>;
  readonly revisions: Revisions;
  readonly progress: Progress;
  readonly taskDefinitions: Map<string, Promise<TaskDefinition | undefined>>;
  /** The task definition of each service revision. */
  readonly serviceRevisions: Map<string, Promise<string | undefined>>;
}

export function newRollout(plan: DeployPlan, ports: RolloutPorts, options: RolloutOptions): Rollout {
  const rollout: Rollout = {
    ...ports,
    plan,
    options,
    startedAt: ports.clock.now(),
    revisionsBefore: new Map(),
    revisions: { target: new Map() },
    progress: {
      hasWritten: false,
      registered: [],
      updated: [],
      history: new Map(),
      unconfirmed: new Map(),
      flagged: new Map(),
      inFlight: new Map(),
      isRegistryForced: false,
      secrets: { before: new Map(), written: [], versions: new Map(), restored: [], reload: 'none' },
      reached: new Map(),
    },
    taskDefinitions: new Map(),
    serviceRevisions: new Map(),
  };
  const retries = {
    now: ports.clock.now,
    pause: (milliseconds: number) => pause(rollout, milliseconds),
    hasWritten: () => rollout.progress.hasWritten,
    reportRetry: (message: string) => ports.report({ event: 'note', text: `${message} Trying again.` }),
  };
  return { ...rollout, ecs: retryCalls(ports.ecs, retries) };
}

/** Sends a call that writes. If AWS refuses it, nothing has changed; if no response arrives, something may have. */
export async function write<T>(rollout: Rollout, send: () => Promise<T>): Promise<T> {
  checkStop(rollout);
  try {
    const response = await send();
    rollout.progress.hasWritten = true;
    return response;
  } catch (error) {
    if (isUnconfirmed(error)) rollout.progress.hasWritten = true;
    throw error;
  }
}

/** The names of the plan's services at ECS. */
export function serviceNames({ plan }: Pick<Rollout, 'plan'>): string[] {
  return plan.services.filter(({ kind }) => kind === 'service').map(({ serviceName }) => serviceName);
}

export function stepOf({ plan }: Pick<Rollout, 'plan'>, service: string): ServiceStep {
  const step = plan.services.find((each) => each.service === service);
  if (step) return step;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `A wave of the plan names ${service}, which is not a service of the plan.`,
  });
}

/** The revisions through which this rollout takes a service. A read that shows one of them may be stale; it does not prove a change by another process. */
export function revisionsOfRollout({ plan, revisions, progress }: Rollout, { service, serviceName }: ServiceStep): string[] {
  const baseline = plan.baseline[serviceName]?.taskDefinition;
  const forced = revisions.forced?.service === service ? revisions.forced.taskDefinition : undefined;
  const all = [baseline, revisions.target.get(service), forced, ...(progress.history.get(service) ?? [])];
  return [...new Set(all.filter((arn) => arn !== undefined))];
}

/** Cached, because a revision never changes. */
export function getTaskDefinition({ ecs, taskDefinitions }: Rollout, arn: string): Promise<TaskDefinition | undefined> {
  const definition = taskDefinitions.get(arn) ?? ecs.describeTaskDefinition(arn);
  taskDefinitions.set(arn, definition);
  definition.catch(() => taskDefinitions.delete(arn));
  return definition;
}

/** Sleeps, and ends early on Ctrl-C. */
export async function pause(rollout: Rollout, milliseconds: number): Promise<void> {
  const { stop } = rollout.options;
  checkStop(rollout);
  await (stop ? Promise.race([rollout.clock.sleep(milliseconds), stop.requested]) : rollout.clock.sleep(milliseconds));
  checkStop(rollout);
}

/** Called before every write and every wait, so that Ctrl-C never cuts off a call to AWS. */
function checkStop(rollout: Rollout): void {
  const { options, plan } = rollout;
  if (!options.stop?.isRequested()) return;
  throw new KdcubeError({
    code: 'interrupted',
    message: `The deploy of ${plan.release} was interrupted. ${describeInFlight(rollout)}`,
    hint: `${resumeCommand(rollout)}    continues; nx run release:rollback:${plan.environment}    rolls back`,
  });
}

export function resumeCommand({ options, plan }: Rollout): string {
  return options.resumeCommand ?? `nx run release:deploy-ecs:${plan.environment}`;
}

export function describeInFlight({ progress: { inFlight, updated, registered, hasWritten } }: Rollout): string {
  const list = [...inFlight].map(([service, what]) => `${service} ${what}`);
  if (list.length > 0) return `ECS continues on its own: ${list.join('; ')}.`;
  if (updated.length > 0) return `Nothing is in progress; updated so far: ${updated.map(({ service }) => service).join(', ')}.`;
  if (registered.length > 0) return `No service was updated; registered: ${registered.join(', ')}.`;
  return hasWritten ? 'No service was updated.' : 'Nothing was changed.';
}
