import type { ReadinessAnswer } from '../../src/deploy/readiness/answer';
import type { Readiness } from '../../src/targets/ecs/rollout/port/port';
import type { DeployPlan } from '../../src/internal';

/** One answer of the stand-in for proc’s endpoint. `never`: the request is held open. */
export type BundleAnswer =
  | 'never'
  | {
      status?: number;
      type?: string;
      /** An object is sent as JSON. */
      body?: string | object;
      /** The URL of a redirect. */
      location?: string;
      /** The process that answers. */
      process?: string;
    };

/** What it answers: to the request of this number (from 1), so many seconds after the first. */
export type BundleAnswers = (request: number, seconds: number) => BundleAnswer;

const BUNDLES = ['a', 'b'];

/** The part of a plan that asks the stand-in. */
export function readinessAt(url: string, more: Partial<NonNullable<DeployPlan['readiness']>> = {}): DeployPlan['readiness'] {
  return { url, headers: {}, wait: 'all', tenant: 'acme', project: 'one', bundles: BUNDLES, ...more };
}

/** Both bundles ready, unless `states` has something else for one; undefined leaves it out. */
export function listed(states: Record<string, object | undefined> = {}, more: object = {}): object {
  const ready = { readiness: 'independent', state: 'ready', ready: true };
  const all = Object.fromEntries(BUNDLES.map((id) => [id, ready]));
  return { tenant: 'acme', project: 'one', applications: { ...all, ...states }, ...more };
}

export const PREPARING = { readiness: 'independent', state: 'preparing', ready: false };

/** A required bundle that does not load, as the view with errors shows it. */
export const RETRYING = {
  readiness: 'required',
  state: 'retrying',
  ready: false,
  desired_generation: 'new',
  ready_generation: null,
  error_code: 'ModuleNotFoundError',
  error_message: "No module named 'pandas'",
};

/** The stand-in without HTTP: what the client of @kdcube/nx makes of an answer. */
export function readinessOf(answers: BundleAnswers, now: () => number): Readiness {
  let requests = 0;
  let first: number | undefined;
  return {
    ask: async () => {
      first ??= now();
      return asClient(answers(++requests, (now() - first) / 1000));
    },
  };
}

const MAX_BYTES = 1024 * 1024;

function asClient(answer: BundleAnswer): ReadinessAnswer {
  if (answer === 'never') return { unanswered: 'it does not answer' };
  const { status = 200, body = '', location, process, type = 'application/json' } = answer;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  if (location !== undefined) return { status, type, body: '', redirect: new URL(location).host };
  if (text.length > MAX_BYTES) return { unanswered: 'its answer is larger than 1 MiB' };
  return { status, type, body: text, ...(process !== undefined && { process }) };
}
