import { AsyncLocalStorage } from 'node:async_hooks';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { pluralize } from './log';

/** One change outside this process. It is recorded where it is made, so that no command can omit it. */
export type Effect =
  | { kind: 'file'; file: string; verb: 'wrote' | 'removed' }
  | { kind: 'blob'; repository: string }
  | { kind: 'tag'; repository: string; digest: string; reference: string }
  | { kind: 'ecs' | 'other'; text: string };

interface Journal {
  root: string;
  done: Effect[];
  /** Requested but unconfirmed: still running, or the response was lost. */
  unconfirmed: Set<Effect>;
}

/** Implicit, like the exit handlers: files and registries are written deep below the command. Each task of a batch has its own journal. */
const current = new AsyncLocalStorage<Journal>();

/** Runs one command. `describe` returns, at any time, what the command has changed so far. */
export function withJournal<T>(root: string, work: (describe: DescribeChanges) => Promise<T>): Promise<T> {
  const journal: Journal = { root, done: [], unconfirmed: new Set() };
  return current.run(journal, () => work((changed) => describeChanges(journal, changed)));
}

/** The last line of a failed command. `changed`: the failed step's own description; it knows what the services of a rollout run now. */
export type DescribeChanges = (changed?: string) => string;

/** Records an effect that is confirmed. */
export function recordEffect(effect: Effect): void {
  current.getStore()?.done.push(effect);
}

/** Records an effect that the server accepted, before it is read back: whatever fails then, it may have been made. */
export function recordUnconfirmed(effect: Effect): void {
  current.getStore()?.unconfirmed.add(effect);
}

/**
 * Carries out an effect and records it, with all its parts as one effect. `isDone`: whether the result confirms it. If the response is lost, the effect stays unconfirmed. If the effect is not
 * confirmed, the parts that were carried out are recorded on their own: they stay, whatever made the rest fail.
 */
export async function carryOut<T>(
  effect: Effect,
  work: () => Promise<T>,
  isDone: (result: T) => boolean = () => true,
): Promise<T> {
  const journal = current.getStore();
  const parts: Journal = { root: journal?.root ?? '', done: [], unconfirmed: new Set() };
  journal?.unconfirmed.add(effect);
  try {
    const result = await current.run(parts, work);
    journal?.unconfirmed.delete(effect);
    if (isDone(result)) recordEffect(effect);
    else addParts(journal, parts);
    return result;
  } catch (error) {
    if (isRefusal(error)) journal?.unconfirmed.delete(effect);
    addParts(journal, parts);
    throw error;
  }
}

function addParts(journal: Journal | undefined, { done, unconfirmed }: Journal): void {
  journal?.done.push(...done);
  for (const effect of unconfirmed) journal?.unconfirmed.add(effect);
}

/** Codes of failures after which the server may still have executed the request. */
const LOST_RESPONSE = [
  'registry-unreachable',
  'registry-response',
  'aws-unreachable',
  'aws-error',
  'command-timeout',
  'interrupted',
];

function isRefusal(error: unknown): boolean {
  return error instanceof KdcubeError && (refusals.has(error) || !LOST_RESPONSE.includes(error.problems[0]!.code));
}

const refusals = new WeakSet<Error>();

/** Marks a failure after which the server certainly did nothing, although its code alone does not tell: a 429. */
export function markRefused<E extends Error>(error: E): E {
  refusals.add(error);
  return error;
}

export function isMarkedRefused(error: unknown): boolean {
  return error instanceof Error && refusals.has(error);
}

/** An earlier attempt of the same request may have been carried out. */
export function unmarkRefused(error: unknown): void {
  if (error instanceof Error) refusals.delete(error);
}

const NO_CHANGE = 'No file, image, tag or service was changed.';

function describeChanges({ root, done, unconfirmed }: Journal, changed?: string): string {
  // The failed step's description of services is newer than the recorded calls.
  const isListed = ({ kind }: Effect) => changed === undefined || kind !== 'ecs';
  const list = describeEffects(root, done.filter(isListed));
  const unknown = describeEffects(root, [...unconfirmed].filter(isListed));
  if (list.length + unknown.length === 0) return changed ?? NO_CHANGE;
  return [
    ...(changed === undefined ? [] : [changed]),
    ...(list.length === 0 ? [] : [`Already done: ${list.join('; ')}.`]),
    ...(unknown.length === 0 ? [] : [`Unconfirmed: ${unknown.join('; ')}.`]),
    ...(changed === undefined ? ['Nothing else was changed.'] : []),
  ].join(' ');
}

/** Blobs are counted for each repository, and tags are listed for each image. */
function describeEffects(root: string, effects: readonly Effect[]): string[] {
  const blobs = new Map<string, number>();
  const tags = new Map<string, Set<string>>();
  const texts = new Set<string>();
  for (const effect of effects) {
    if (effect.kind === 'blob') blobs.set(effect.repository, (blobs.get(effect.repository) ?? 0) + 1);
    else if (effect.kind === 'file') texts.add(`${effect.verb} ${shownFile(root, effect.file)}`);
    else if (effect.kind !== 'tag') texts.add(effect.text);
    else if (effect.reference === effect.digest) texts.add(`pushed ${effect.repository}@${effect.digest}`);
    else {
      const image = `${effect.repository}@${effect.digest}`;
      tags.set(image, (tags.get(image) ?? new Set()).add(effect.reference));
    }
  }
  return [
    ...[...blobs].map(([repository, count]) => `uploaded ${pluralize(count, 'blob')} to ${repository}`),
    ...[...tags].map(([image, names]) => `tagged ${image} as ${[...names].join(', ')}`),
    ...texts,
  ];
}

function shownFile(root: string, file: string): string {
  const relative = path.relative(root, file);
  return relative.startsWith('..') ? file : relative;
}
