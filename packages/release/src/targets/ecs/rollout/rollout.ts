import { taskId } from '../../../deploy/short-names';
import { KdcubeError } from '../../../problem/problem';
import type { DeployPlan, ServiceStep } from '../../../deploy/deploy-plan';
import type { Clock, Ecs, Images, SeenService, SeenTask } from './port';
import type { Reason } from './verdict/verdict-reason';
import type { TaskDefinition } from '../task-definition/task-definition';

/** What happens, as it happens: for a board, for lines, for a tool. */
export type RolloutEvent =
  | { event: 'wave'; name: string; services: string[] }
  | { event: 'registered'; family: string; taskDefinition: string; found: boolean }
  | { event: 'update'; service: string; taskDefinition: string; from: string; deployment: string; joined: boolean }
  | { event: 'task'; service: string; task: string; taskDefinition: string }
  /** Something that ECS says of a service. */
  | { event: 'ecs'; service: string; at: number; message: string }
  /** A task that ended by itself. */
  | { event: 'stopped'; service: string; task: string; reason: string; lines: string[] }
  | { event: 'waiting'; service: string; text: string }
  | { event: 'completed'; service: string; taskDefinition: string; milliseconds: number; digests: 'seen' | 'unknown' }
  | { event: 'failed'; service: string; code: string; reason: string }
  | { event: 'note'; text: string }
  /** Every look, for a board. */
  | { event: 'seen'; services: SeenService[] };

export interface RolloutPorts {
  ecs: Ecs;
  clock: Clock;
  images: Images;
  say: (event: RolloutEvent) => void;
}

export interface RolloutOptions {
  /** Of the plan's content: the same plan joins its own earlier run. */
  id: string;
  /** Of what is wanted, whatever runs: the same deploy, planned anew, passes the lock that an earlier run left. Default: `id`. */
  wanted?: string;
  /** What a person types to go on after it was stopped. Default: the deploy of the environment. */
  again?: string;
  /** Milliseconds for one rollout of a wave. ECS's own breaker takes 12 to 17 minutes: less than that decides verdicts by accident. */
  timeout: number;
  onFailure: 'rollback' | 'stop';
  /** Milliseconds to wait for somebody else's deploy. 0: it is refused. */
  wait: number;
  /** Somebody pressed Ctrl-C. */
  stop?: { requested(): boolean; asked: Promise<void> };
}

/** One carrying out of a plan: everything that its steps share. */
export interface Run extends RolloutPorts {
  plan: DeployPlan;
  options: RolloutOptions;
  startedAt: number;
  /** The revision that each service shall end on, by the service's name in the plan. */
  to: Map<string, string>;
  /** proc with the FORCE flags on, where the plan asks for it. */
  forced?: { service: string; taskDefinition: string; done?: boolean };
  exec?: string;
  /** What a service may be on before this run touches it, by its name at ECS: as when the plan was made, or where an earlier run of the plan left it. */
  accepted: Map<string, string[]>;
  /** Every revision that this run set a service to, by the service's name in the plan. */
  passed: Map<string, string[]>;
  /** Services that were updated, in order. */
  touched: ServiceStep[];
  /** What is under way, for whoever stops in the middle. */
  inFlight: Map<string, string>;
  /** Whether AWS was written to. */
  wrote: boolean;
  definitions: Map<string, Promise<TaskDefinition | undefined>>;
}

export function newRun(plan: DeployPlan, ports: RolloutPorts, options: RolloutOptions): Run {
  return {
    ...ports,
    plan,
    options,
    startedAt: ports.clock.now(),
    to: new Map(),
    accepted: new Map(),
    passed: new Map(),
    touched: [],
    inFlight: new Map(),
    wrote: false,
    definitions: new Map(),
  };
}

/** The revisions through which this run itself takes a service: a look that still shows one of them is more likely old than somebody's. */
export function ownRevisions(run: Run, { service, serviceName }: ServiceStep): string[] {
  const baseline = run.plan.baseline[serviceName]?.taskDefinition;
  const forced = run.forced?.service === service ? run.forced.taskDefinition : undefined;
  const own = [baseline, run.to.get(service), forced, ...(run.passed.get(service) ?? [])];
  return [...new Set(own.filter((arn) => arn !== undefined))];
}

export function stepOf({ plan }: Pick<Run, 'plan'>, service: string): ServiceStep {
  const step = plan.services.find((each) => each.service === service);
  if (step) return step;
  throw new KdcubeError({ code: 'plan-invalid', message: `A wave of the plan names ${service}, which is none of its services.` });
}

/** A revision never changes: each is asked for once. */
export function definitionOf(run: Run, arn: string): Promise<TaskDefinition | undefined> {
  const known = run.definitions.get(arn) ?? run.ecs.definition(arn);
  run.definitions.set(arn, known);
  known.catch(() => run.definitions.delete(arn));
  return known;
}

/** Sleeps, or ends early because somebody wants to stop. */
export async function pause(run: Run, milliseconds: number): Promise<void> {
  const { stop } = run.options;
  checkStop(run);
  await (stop ? Promise.race([run.clock.sleep(milliseconds), stop.asked]) : run.clock.sleep(milliseconds));
  checkStop(run);
}

/** Asked before every write and every wait: AWS is left between two calls, never in one. */
export function checkStop(run: Run): void {
  if (!run.options.stop?.requested()) return;
  throw new KdcubeError({
    code: 'interrupted',
    message: `Somebody stopped the deploy of ${run.plan.release}. ${inFlightWords(run)}`,
    hint: `${againWords(run)}    goes on; nx run release:rollback:${run.plan.environment}    goes back`,
  });
}

export function againWords({ options, plan }: Run): string {
  return options.again ?? `nx run release:deploy-ecs:${plan.environment}`;
}

export function inFlightWords({ inFlight, touched, wrote }: Run): string {
  const list = [...inFlight].map(([service, what]) => `${service} ${what}`);
  if (list.length > 0) return `ECS goes on by itself with what is under way: ${list.join('; ')}.`;
  if (touched.length > 0) return `Nothing is under way; updated so far: ${touched.map(({ service }) => service).join(', ')}.`;
  return wrote ? 'No service was touched; new revisions may be registered.' : 'Nothing was changed.';
}

/** The last lines of the container that failed, where its definition says that they are kept. */
export async function lastLines(run: Run, task: SeenTask, container: string): Promise<string[]> {
  const definition = await definitionOf(run, task.taskDefinition).catch(() => undefined);
  const found = definition?.containerDefinitions.find(({ name }) => name === container);
  const logs = found?.logConfiguration as { logDriver?: string; options?: Record<string, string> } | undefined;
  const group = logs?.options?.['awslogs-group'];
  const prefix = logs?.options?.['awslogs-stream-prefix'];
  if (logs?.logDriver !== 'awslogs' || group === undefined || prefix === undefined) return [];
  const id = taskId(task.arn);
  return run.ecs.lastLines({ group, stream: `${prefix}/${container}/${id}`, limit: 20 }).catch(() => []);
}

/** The reason with the log of whoever failed. */
export async function withLines(run: Run, reason: Reason, container: string): Promise<Reason> {
  if (!reason.task || !['container-crashed', 'health-check-failed', 'task-failed'].includes(reason.code)) return reason;
  return { ...reason, lines: await lastLines(run, reason.task, reason.container ?? container) };
}
