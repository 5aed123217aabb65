import * as z from 'zod';
import { printable } from '../../problem/problem';

/**
 * Parses the probe's output, line by line while it runs: bundles may print between its events, and may end the process.
 */
const frame = z.tuple([z.string(), z.number(), z.string()]);
const frames = z.array(frame).default([]);
const raised = z.object({
  type: z.string(),
  message: z.string(),
  kinds: z.array(z.string()).default([]),
  /** The file of a SyntaxError. */
  file: z.string().optional(),
  line: z.number().nullish(),
  col: z.number().nullish(),
  /** The missing module of an ImportError. */
  module: z.string().optional(),
});

const BootEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('hello'), python: z.string(), user: z.number() }),
  z.object({ event: z.literal('loader'), loader: z.enum(['platform', 'rule', 'stand-in']), why: z.string().nullish() }),
  z.object({ event: z.literal('start'), id: z.string() }),
  z.object({ event: z.literal('done'), id: z.string(), seconds: z.number(), symbol: z.string(), kind: z.string() }),
  z.object({ event: z.literal('failed'), id: z.string(), seconds: z.number(), error: raised, frames }),
  z.object({ event: z.literal('timeout'), id: z.string().nullable(), frames }),
  z.object({ event: z.literal('end') }),
]);
type BootEvent = z.infer<typeof BootEvent>;

/** A file, a line and a function's name, from Python's traceback. */
export type BootFrame = z.infer<typeof frame>;
export type BootError = z.infer<typeof raised>;

export type BootFailure =
  | { why: 'raised'; error: BootError; frames: BootFrame[] }
  | { why: 'timeout'; frames: BootFrame[] }
  | { why: 'memory' }
  | { why: 'flooded' }
  /** The process exited with this code during the import. */
  | { why: 'ended'; code: number; tail: string[] };

export type BootOutcome =
  { id: string; ok: true; symbol: string; kind: string; seconds: number } | { id: string; ok: false; failure: BootFailure };

/** How the container ended. */
export type BootEnding = { kind: 'exit'; code: number } | { kind: 'stalled' } | { kind: 'flooded' };

/** The state of one run of the probe. */
export interface BootRound {
  nonce: string;
  python?: string;
  user?: number;
  loader?: { kind: 'platform' | 'rule' | 'stand-in'; why?: string };
  outcomes: BootOutcome[];
  /** The bundle that is being imported. */
  underWay?: string;
  timeoutFrames?: BootFrame[];
  ended: boolean;
  /** The last output lines since the last event. */
  tail: string[];
}

export function newBootRound(nonce: string): BootRound {
  return { nonce, outcomes: [], ended: false, tail: [] };
}

const TAIL_LINES = 12;
const MAX_LINE = 500;

/** Processes a line of the container's output. Returns true for an event. */
export function followBoot(round: BootRound, line: string): boolean {
  const event = eventOf(round.nonce, line);
  if (!event) {
    round.tail = [...round.tail, line.slice(0, MAX_LINE)].slice(-TAIL_LINES);
    return false;
  }
  round.tail = [];
  applyEvent(round, event);
  return true;
}

function eventOf(nonce: string, line: string): BootEvent | undefined {
  if (!line.startsWith(`${nonce} `)) return undefined;
  try {
    return BootEvent.parse(JSON.parse(line.slice(nonce.length + 1)));
  } catch {
    return undefined;
  }
}

function applyEvent(round: BootRound, event: BootEvent): void {
  switch (event.event) {
    case 'hello':
      round.python = printable(event.python.slice(0, 40));
      round.user = event.user;
      return;
    case 'loader':
      round.loader = { kind: event.loader, ...(event.why ? { why: event.why } : {}) };
      return;
    case 'start':
      round.underWay = event.id;
      return;
    case 'timeout':
      round.timeoutFrames = event.frames;
      return;
    case 'end':
      round.ended = round.underWay === undefined;
      return;
    default: {
      // An event that names another bundle than the current one is not from the probe.
      const { id, seconds } = event;
      if (id !== round.underWay) return;
      round.underWay = undefined;
      if (event.event === 'done') round.outcomes.push({ id, ok: true, symbol: event.symbol, kind: event.kind, seconds });
      else round.outcomes.push({ id, ok: false, failure: { why: 'raised', error: event.error, frames: event.frames } });
    }
  }
}

/** SIGKILL: the kernel's out-of-memory killer. Our own SIGKILL has a known ending. */
const KILLED = 137;

/** The failure of the current import, derived from how the container ended. */
export function bootFailure(round: BootRound, ending: BootEnding): BootFailure {
  if (ending.kind === 'flooded') return { why: 'flooded' };
  if (round.timeoutFrames) return { why: 'timeout', frames: round.timeoutFrames };
  if (ending.kind === 'stalled') return { why: 'timeout', frames: [] };
  if (ending.code === KILLED) return { why: 'memory' };
  return { why: 'ended', code: ending.code, tail: round.tail };
}

/** Ends a round: the bundle that was being imported has failed. Returns false if the round had no outcome: another round would have none either. */
export function endBootRound(round: BootRound, ending: BootEnding): boolean {
  if (round.underWay !== undefined) {
    round.outcomes.push({ id: round.underWay, ok: false, failure: bootFailure(round, ending) });
    round.underWay = undefined;
  }
  // Ignores `ended`: otherwise an image that forges events could be restarted forever.
  return round.outcomes.length > 0;
}

/** The result of a boot test, over all rounds. */
export interface BootReport {
  python: string;
  user: number;
  loader: NonNullable<BootRound['loader']>;
  outcomes: BootOutcome[];
}

/** `12 bundles import (python 3.11.2, user 1000, the platform's own loader)` */
export function bootSummary({ python, user, loader, outcomes }: BootReport): string {
  const good = outcomes.filter(({ ok }) => ok).length;
  const count = good === outcomes.length ? `${good}` : `${good} of ${outcomes.length}`;
  const loaders = {
    platform: 'the platform’s own loader',
    rule: 'by the platform’s rule',
    'stand-in': 'by the platform’s rule, with stand-ins for its decorators: the image has no kdcube_ai_app',
  };
  return `${count} ${outcomes.length === 1 ? 'bundle imports' : 'bundles import'} (python ${python}, user ${user}, ${loaders[loader.kind]})`;
}
