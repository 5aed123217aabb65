import type { DeployPlan, RolloutEvent, SeenService, ServiceStep } from '@kdcube/release/internal';
import { printable, familyRevision } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import { seconds, UNDER_WAY } from '../../../system/log';
import { table } from '../../../system/table';
import { painted } from './board-colours';

/** What a board knows. */
export interface BoardState {
  wave: string;
  startedAt: number;
  services: Map<string, SeenService>;
  targets: Map<string, string>;
  ended: Map<string, string>;
  last: Map<string, string>;
  /** Something failed: from now on services go back. */
  isGoingBack: boolean;
}

/** One frame: services, from which revision to which, tasks, and the last thing that was said of each. Pure: a picture of it can be kept. */
export function frame(plan: DeployPlan, state: BoardState, now: number, width: number): string[] {
  const rows = plan.services
    .filter(({ service }) => state.targets.has(service) || plan.waves.some(({ services }) => services.includes(service)))
    .map((step) => (step.kind === 'task' ? taskRow(step, state) : serviceRow(step, plan, state)));
  const head = `${plan.environment}  ${plan.release}  wave ${state.wave || '-'}  ${seconds(now - state.startedAt)}`;
  return [head, ...table(['service', 'revision', 'tasks', 'is', 'last'], rows)].map((line) => cut(line, width));
}

function cut(line: string, width: number): string {
  const all = [...line];
  return all.length <= width ? line : `${all.slice(0, width - 1).join('')}…`;
}

function serviceRow({ service, serviceName, desiredCount }: ServiceStep, { baseline }: DeployPlan, state: BoardState): string[] {
  const primary = state.services.get(serviceName)?.deployments.find(({ status }) => status === 'PRIMARY');
  const there = baseline[serviceName]?.taskDefinition;
  const before = there && familyRevision(there);
  const target = state.targets.get(service);
  const tasks = primary
    ? `${primary.running}/${primary.desired}${primary.failed > 0 ? ` (${primary.failed} failed)` : ''}`
    : `-/${desiredCount.after}`;
  const rollout = primary?.rollout?.toLowerCase().replace(/_/g, ' ') ?? 'started';
  const is = state.ended.get(service) ?? (target === undefined ? 'waiting' : rollout);
  // A deploy that joins one under way finds its services on the new revision: only who goes back is as before.
  const word = is === 'runs' && target === before && state.isGoingBack ? 'as before' : is;
  return [service, step(before, target), tasks, word, printable(state.last.get(service) ?? '')];
}

/** What runs once is no service: nothing stood there before. */
function taskRow({ service }: ServiceStep, { targets, ended, last }: BoardState): string[] {
  const target = targets.get(service);
  const end = ended.get(service);
  const is = end === 'runs' ? 'done' : (end ?? (target === undefined ? 'waiting' : 'in progress'));
  return [service, target ?? '…', 'once', is, is === 'done' ? '' : printable(last.get(service) ?? '')];
}

/** `proc:4 → 5`: the family once, where it stays; on the way back, where it goes. */
function step(before = '-', after = '…'): string {
  if (before === after) return before;
  const family = before.slice(0, before.lastIndexOf(':') + 1);
  return `${before} → ${family !== '' && after.startsWith(family) ? after.slice(family.length) : after}`;
}

export interface Board {
  hear(event: RolloutEvent): void;
  /** The log of finished things, printed above the board; what is under way stands in the board itself. */
  log(log: Log): Log;
  close(): void;
}

/** On a terminal outside of Nx's own interface; elsewhere there are only lines. */
export function openBoard(plan: DeployPlan, json: boolean, now: () => number, out: NodeJS.WriteStream = process.stdout): Board {
  const isLive = out.isTTY === true && !json && process.env.NX_TUI !== 'true' && process.env.TERM !== 'dumb' && !process.env.CI;
  if (!isLive) return { hear: () => undefined, log: (log) => log, close: () => undefined };
  const state = newBoard(now());
  let isStarted = false;
  const columns = () => out.columns || 80;
  let drawn: string[] = [];
  const clear = () => {
    // A terminal that was made narrower since breaks a line into several.
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / columns())), 0);
    if (rows > 0) out.write(`\u001b[${rows}A\u001b[J`);
    drawn = [];
  };
  const draw = () => {
    clear();
    drawn = ['', ...frame(plan, state, now(), columns() - 1)].slice(0, Math.max(1, (out.rows || 24) - 1));
    const [space = '', ...lines] = drawn;
    out.write(`${[space, ...painted(lines)].join('\n')}\n`);
  };
  // Between two looks at ECS the time goes on.
  const tick = setInterval(draw, 1000);
  tick.unref();
  out.on('resize', draw);
  const above = (say: () => void) => {
    clear();
    say();
    draw();
  };
  return {
    hear(event) {
      // The first event follows an answer of AWS: from there the clock is right, also where the machine's is wrong.
      if (!isStarted) state.startedAt = now();
      isStarted = true;
      learn(state, event);
      draw();
    },
    log: (log) => ({
      ...log,
      done: (...given) => above(() => log.done(...given)),
      note: (text) => above(() => log.note(text)),
      lines: (lines) => above(() => log.lines(lines)),
      progress: (text) => (text.startsWith(UNDER_WAY) ? undefined : draw()),
    }),
    close() {
      clearInterval(tick);
      out.off('resize', draw);
      drawn = [];
    },
  };
}

export function newBoard(startedAt: number): BoardState {
  return { wave: '', startedAt, services: new Map(), targets: new Map(), ended: new Map(), last: new Map(), isGoingBack: false };
}

/** Takes in what happened. */
export function learn(state: BoardState, event: RolloutEvent): void {
  switch (event.event) {
    case 'wave':
      state.wave = event.name;
      break;
    case 'seen':
      for (const service of event.services) state.services.set(service.name, service);
      break;
    case 'update':
      state.targets.set(event.service, familyRevision(event.taskDefinition));
      state.ended.delete(event.service);
      break;
    case 'task':
      state.targets.set(event.service, familyRevision(event.taskDefinition));
      break;
    case 'completed':
      state.ended.set(event.service, 'runs');
      break;
    case 'failed':
      state.ended.set(event.service, 'failed');
      state.isGoingBack = true;
      state.last.set(event.service, event.reason);
      break;
    case 'ecs':
      state.last.set(event.service, event.message);
      break;
    case 'stopped':
      state.last.set(event.service, event.reason);
      break;
    case 'waiting':
      state.last.set(event.service, event.text);
      break;
    default:
  }
}
