import * as z from 'zod';
import { printable } from '../../problem/problem';

/**
 * What the probe says, read line by line while it runs: bundles print between its events, and may end the process, so nothing is believed to be whole.
 */
const frame = z.tuple([z.string(), z.number(), z.string()]);
const frames = z.array(frame).default([]);
const raised = z.object({
  type: z.string(),
  message: z.string(),
  kinds: z.array(z.string()).default([]),
  /** Where a SyntaxError is. */
  file: z.string().optional(),
  line: z.number().nullish(),
  col: z.number().nullish(),
  /** What an ImportError did not find. */
  module: z.string().optional(),
});

const BootEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('hello'), python: z.string(), user: z.number() }),
  z.object({ event: z.literal('loader'), loader: z.enum(['platform', 'rule', 'stand-in']), why: z.string().nullish() }),
  z.object({ event: z.literal('start'), id: z.string() }),
  z.object({ event: z.literal('done'), id: z.string(), seconds: z.number(), symbol: z.string(), kind: z.string() }),
  z.object({ event: z.literal('failed'), id: z.string(), seconds: z.number(), error: raised, frames }),
  z.object({ event: z.literal('late'), id: z.string().nullable(), frames }),
  z.object({ event: z.literal('end') }),
]);
type BootEvent = z.infer<typeof BootEvent>;

/** A file, a line and a function's name, as Python says them. */
export type BootFrame = z.infer<typeof frame>;
export type BootError = z.infer<typeof raised>;

export type BootFailure =
  | { why: 'raised'; error: BootError; frames: BootFrame[] }
  | { why: 'late'; frames: BootFrame[] }
  | { why: 'memory' }
  | { why: 'flooded' }
  /** The process ended with this exit code in the middle of the import. */
  | { why: 'ended'; code: number; tail: string[] };

export type BootOutcome =
  { id: string; ok: true; symbol: string; kind: string; seconds: number } | { id: string; ok: false; failure: BootFailure };

/** How the container came to its end, as its caller saw it. */
export type BootEnding = { kind: 'exit'; code: number } | { kind: 'stalled' } | { kind: 'flooded' };

/** One run of the probe, as far as it is known. */
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
  /** The last lines that were no events, since the last event. */
  tail: string[];
}

export function newBootRound(nonce: string): BootRound {
  return { nonce, outcomes: [], ended: false, tail: [] };
}

const TAIL = 12;
const LONGEST_LINE = 500;

/** Takes in a line of the container's output. True for an event. */
export function followBoot(round: BootRound, line: string): boolean {
  const event = eventOf(round.nonce, line);
  if (!event) {
    round.tail = [...round.tail, line.slice(0, LONGEST_LINE)].slice(-TAIL);
    return false;
  }
  round.tail = [];
  take(round, event);
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

function take(round: BootRound, event: BootEvent): void {
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
    case 'late':
      round.timeoutFrames = event.frames;
      return;
    case 'end':
      round.ended = round.underWay === undefined;
      return;
    default: {
      // Said of any other bundle than the one that is being imported, it is not the probe's.
      const { id, seconds } = event;
      if (id !== round.underWay) return;
      round.underWay = undefined;
      if (event.event === 'done') round.outcomes.push({ id, ok: true, symbol: event.symbol, kind: event.kind, seconds });
      else round.outcomes.push({ id, ok: false, failure: { why: 'raised', error: event.error, frames: event.frames } });
    }
  }
}

/** Out of memory: the kernel ended the process. Nobody else does with this, but for us, who then know. */
const KILLED = 137;

/** What the end of the container means for what was under way. */
export function bootFailure(round: BootRound, ending: BootEnding): BootFailure {
  if (ending.kind === 'flooded') return { why: 'flooded' };
  if (round.timeoutFrames) return { why: 'late', frames: round.timeoutFrames };
  if (ending.kind === 'stalled') return { why: 'late', frames: [] };
  if (ending.code === KILLED) return { why: 'memory' };
  return { why: 'ended', code: ending.code, tail: round.tail };
}

/** Closes a round: the bundle that was under way has failed. False when no bundle got any further, and another round would not either. */
export function endBootRound(round: BootRound, ending: BootEnding): boolean {
  if (round.underWay !== undefined) {
    round.outcomes.push({ id: round.underWay, ok: false, failure: bootFailure(round, ending) });
    round.underWay = undefined;
  }
  // Whatever it says of its end: without this, an image that only says so would be started again for ever.
  return round.outcomes.length > 0;
}

/** What a boot test found, of all rounds together. */
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
  const words = {
    platform: 'the platform’s own loader',
    rule: 'by the platform’s rule',
    'stand-in': 'by the platform’s rule, with stand-ins for its decorators: the image has no kdcube_ai_app',
  };
  return `${count} ${outcomes.length === 1 ? 'bundle imports' : 'bundles import'} (python ${python}, user ${user}, ${words[loader.kind]})`;
}
