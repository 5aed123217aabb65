import type { PlannedReadiness } from '../deploy-plan';
import type { BundleState } from './answer';

/** Every process of proc prepares the bundles for itself, and a load balancer chooses who answers: the last answer of each process counts for so long. Milliseconds. */
const FRESH_MS = 60_000;

/** The last answers of the processes of proc. */
export interface Answers {
  byProcess: Map<string, { at: number; states: ReadonlyMap<string, BundleState> }>;
}

export interface OpenBundle {
  id: string;
  /** Undefined: proc does not list it. */
  state?: BundleState;
}

export function addAnswer(answers: Answers, process: string, states: ReadonlyMap<string, BundleState>, now: number): void {
  answers.byProcess.set(process, { at: now, states });
  // A process that does not answer any more may have ended.
  for (const [name, { at }] of answers.byProcess) if (now - at > FRESH_MS) answers.byProcess.delete(name);
}

/** The bundles that are not ready in some process: those that the verdict waits for, and the others. */
export function openBundles(
  { byProcess }: Answers,
  { bundles, wait }: PlannedReadiness,
): { awaited: OpenBundle[]; others: OpenBundle[] } {
  const all = bundles.flatMap((id) => {
    const states = [...byProcess.values()].map((answer) => answer.states.get(id));
    const unready = states.filter((state) => state === undefined || !state.isReady);
    if (unready.length === 0) return [];
    const state =
      unready.find((each) => each?.code !== undefined || each?.error !== undefined) ?? unready.find((each) => each !== undefined);
    const listed = states.filter((each) => each !== undefined);
    // Right after a start, proc may list nothing yet: a bundle that no process lists may be a required one.
    const isAwaited = wait === 'all' || listed.length === 0 || listed.some(({ isRequired }) => isRequired);
    const open: OpenBundle = { id, ...(state && { state }) };
    return [{ isAwaited, open }];
  });
  const chosen = (awaited: boolean) => all.flatMap(({ isAwaited, open }) => (isAwaited === awaited ? [open] : []));
  return { awaited: chosen(true), others: chosen(false) };
}

/** `b (retrying: ModuleNotFoundError)`: without the text of the error, because the release record stores this. */
export function describeOpen({ id, state }: OpenBundle): string {
  if (!state) return `${id} (proc does not list it)`;
  return `${id} (${state.state}${state.code === undefined ? '' : `: ${state.code}`})`;
}

/** The texts of the errors, which are printed below the message, as the lines of a log are. */
export function errorLines(open: readonly OpenBundle[]): string[] {
  return open.flatMap(({ id, state }) => (state?.error === undefined ? [] : [`${id}: ${state.error}`]));
}
