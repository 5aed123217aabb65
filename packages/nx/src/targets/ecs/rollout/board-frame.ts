import type { DeployPlan, RolloutEvent, ServiceState, ServiceStep } from '@kdcube/release/internal';
import { printable, familyRevision } from '@kdcube/release/internal';
import { formatDuration } from '../../../system/log';
import { formatTable } from '../../../system/table';

/** The state after the events so far. */
export interface BoardState {
  wave: string;
  startedAt: number;
  services: Map<string, ServiceState>;
  /** The revision that each service was updated to. */
  targets: Map<string, string>;
  results: Map<string, 'running' | 'no tasks' | 'failed'>;
  lastEvents: Map<string, string>;
  /** Of services with a native strategy: what ECS works on. */
  stages: Map<string, string>;
  /** Something failed: from now on services are rolled back. */
  isRollingBack: boolean;
}

export function newBoardState(startedAt: number): BoardState {
  return {
    wave: '',
    startedAt,
    services: new Map(),
    targets: new Map(),
    results: new Map(),
    lastEvents: new Map(),
    stages: new Map(),
    isRollingBack: false,
  };
}

export function applyEvent(state: BoardState, event: RolloutEvent): void {
  switch (event.event) {
    case 'wave':
      state.wave = event.name;
      break;
    case 'polled':
      for (const service of event.services) state.services.set(service.name, service);
      break;
    case 'update':
      state.targets.set(event.service, familyRevision(event.taskDefinition));
      state.results.delete(event.service);
      break;
    case 'task-started':
      state.targets.set(event.service, familyRevision(event.taskDefinition));
      break;
    case 'completed':
      state.results.set(event.service, event.digests === 'no-tasks' ? 'no tasks' : 'running');
      break;
    case 'failed':
      state.results.set(event.service, 'failed');
      state.isRollingBack = true;
      state.lastEvents.set(event.service, event.reason);
      break;
    case 'service-event':
      state.lastEvents.set(event.service, event.message);
      break;
    case 'task-stopped':
      state.lastEvents.set(event.service, event.reason);
      break;
    case 'stage':
      state.stages.set(event.service, event.stage.toLowerCase().replace(/_/g, ' '));
      state.lastEvents.set(event.service, event.text);
      break;
    case 'paused':
      state.stages.set(event.service, 'paused');
      state.lastEvents.set(event.service, event.text.split('\n')[0]!);
      break;
    case 'waiting':
      state.lastEvents.set(event.service, event.text);
      break;
    default:
  }
}

const HEADS = ['service', 'revision', 'tasks', 'status', 'last event'];

/** One frame: each service with its revisions, tasks, status and last event. */
export function renderFrame(plan: DeployPlan, state: BoardState, now: number, width: number): string[] {
  const steps = plan.services.filter(
    ({ service }) => state.targets.has(service) || plan.waves.some(({ services }) => services.includes(service)),
  );
  const rows = steps.map((step) => (step.kind === 'task' ? taskRow(step, state) : serviceRow(step, plan, state)));
  const title = `${plan.environment}  ${plan.release}  wave ${state.wave || '-'}  ${formatDuration(now - state.startedAt)}`;
  return [title, ...formatTable(HEADS, rows, columnWidths(plan))].map((line) => truncate(line, width));
}

/** Room for what the columns will hold later, so that they keep their place from frame to frame. */
function columnWidths({ services, baseline }: DeployPlan): number[] {
  const revisions = services.map(({ serviceName, kind, taskDefinition }) => {
    if (kind === 'task') return `${taskDefinition.family}:1`.length;
    const before = familyRevision(baseline[serviceName]?.taskDefinition ?? '-');
    // proc registers up to three revisions: forced, clean, and one to restore the registry.
    const next = Number(before.slice(before.lastIndexOf(':') + 1)) + 3;
    return formatRevision(before, String(next)).length;
  });
  const tasks = services.map(({ desiredCount: { after } }) => `${after}/${after} (1 failed)`.length);
  return [
    Math.max(...services.map(({ service }) => [...service].length)),
    Math.max(...revisions),
    Math.max(...tasks),
    'in progress'.length,
  ];
}

function truncate(line: string, width: number): string {
  const all = [...line];
  return all.length <= width ? line : `${all.slice(0, width - 1).join('')}…`;
}

function serviceRow({ service, serviceName, desiredCount }: ServiceStep, { baseline }: DeployPlan, state: BoardState): string[] {
  const primary = state.services.get(serviceName)?.deployments.find(({ status }) => status === 'PRIMARY');
  const arn = baseline[serviceName]?.taskDefinition;
  const before = arn && familyRevision(arn);
  const target = state.targets.get(service);
  const failed = primary && primary.failed > 0 ? ` (${primary.failed} failed)` : '';
  const tasks = primary ? `${primary.running}/${primary.desired}${failed}` : `-/${desiredCount.after}`;
  const rollout = primary?.rollout?.toLowerCase().replace(/_/g, ' ') ?? 'started';
  const status = state.results.get(service) ?? (target === undefined ? 'waiting' : (state.stages.get(service) ?? rollout));
  // A deploy that resumes another one finds its services on the new revision: `as before` is only shown in a rollback.
  const isAsBefore = status === 'running' && target === before && state.isRollingBack;
  const lastEvent = printable(state.lastEvents.get(service) ?? '');
  return [service, formatRevision(before, target), tasks, isAsBefore ? 'as before' : status, lastEvent];
}

/** A one-off task has no previous revision. */
function taskRow({ service }: ServiceStep, { targets, results, lastEvents }: BoardState): string[] {
  const target = targets.get(service);
  const result = results.get(service);
  const status = result === 'running' ? 'done' : (result ?? (target === undefined ? 'waiting' : 'in progress'));
  return [service, target ?? '…', 'once', status, status === 'done' ? '' : printable(lastEvents.get(service) ?? '')];
}

/** `proc:4 → 5`: the family once, unless it changes. In a rollback: the revision that it is rolled back to. */
function formatRevision(before = '-', after = '…'): string {
  if (before === after) return before;
  const family = before.slice(0, before.lastIndexOf(':') + 1);
  return `${before} → ${family !== '' && after.startsWith(family) ? after.slice(family.length) : after}`;
}
