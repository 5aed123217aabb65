import * as z from 'zod';
import type { PlannedReadiness } from '../deploy-plan';
import { secretsIn } from '../../document/secrets';
import { printable } from '../../problem/problem';

/** An answer of proc’s endpoint over HTTP. `unanswered`: why there is none. */
export type ReadinessAnswer = ReadinessResponse | { unanswered: string };

interface ReadinessResponse {
  status: number;
  type: string;
  body: string;
  /** Where a redirect points: its host. It is never followed. */
  redirect?: string;
  /** The process that answered: `X-KDCube-Proc-Instance` and `X-KDCube-Worker-Pid`. */
  process?: string;
}

/** A bundle as one process of proc has it. */
export interface BundleState {
  isReady: boolean;
  isRequired: boolean;
  /** `pending`, `preparing`, `retrying`, `ready`, `failed`. */
  state: string;
  /** Why its preparation failed: the name of the error. Only the view for administrators has it, and `error`. */
  code?: string;
  /** The text of the error, which may quote anything: it is printed, and never stored. */
  error?: string;
}

/** What one answer says; `unusable`: why it says nothing about these bundles. */
export type ProcessReadiness = { process: string; states: ReadonlyMap<string, BundleState> } | { unusable: string };

/** The members that both views have, `/monitoring/applications` and `/admin/integrations/applications/readiness`, and those of the second. */
const Answer = z.object({
  tenant: z.string(),
  project: z.string(),
  applications: z.record(
    z.string(),
    z.object({
      readiness: z.string(),
      state: z.string(),
      ready: z.boolean(),
      desired_generation: z.string().nullish(),
      ready_generation: z.string().nullish(),
      error_code: z.string().nullish(),
      error_message: z.string().nullish(),
    }),
  ),
});
type Application = z.infer<typeof Answer>['applications'][string];

const MAX_ERROR = 500;

/** Reads an answer. Whatever is not a list of this tenant’s and project’s bundles is unusable: it proves nothing, neither success nor failure. */
export function readAnswer(answer: ReadinessAnswer, expected: PlannedReadiness): ProcessReadiness {
  if ('unanswered' in answer) return { unusable: answer.unanswered };
  const { status, type, redirect, process = '' } = answer;
  if (redirect !== undefined) return { unusable: `it redirects to ${redirect}, which is not followed` };
  if (status === 401 || status === 403) return { unusable: `it answers ${status}: ${describeDenial(expected)}` };
  if (status !== 200) return { unusable: `it answers ${status}` };
  const document = parse(answer.body);
  if (document === undefined) return { unusable: `it answers with ${type === '' ? 'a text' : type} that is not JSON` };
  const read = Answer.safeParse(document);
  if (!read.success) return { unusable: 'it answers with JSON that is not a list of applications' };
  const { tenant, project, applications } = read.data;
  if (tenant !== expected.tenant || project !== expected.project)
    return { unusable: `it answers for ${printable(`${tenant}/${project}`)}, not for ${expected.tenant}/${expected.project}` };
  return { process, states: new Map(Object.entries(applications).map(([id, each]) => [id, stateOf(each)])) };
}

function describeDenial({ headers }: PlannedReadiness): string {
  const names = Object.values(headers);
  return names.length === 0 ? 'it wants a credential' : `it does not accept the credential in ${names.join(', ')}`;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function stateOf(application: Application): BundleState {
  const { readiness, state, ready, desired_generation: desired, ready_generation: prepared } = application;
  // An earlier content of the bundle may still be ready: what counts is the one that the descriptor names.
  const isReady = ready && (!desired || !prepared || desired === prepared);
  const { error_code: code, error_message: error } = application;
  return {
    isReady,
    isRequired: readiness === 'required',
    state: printable(ready && !isReady ? 'an earlier content is ready' : state).slice(0, 100),
    ...(code && /^[\w.:-]{1,100}$/.test(code) && { code }),
    ...(error && { error: withoutSecrets(error) }),
  };
}

/** An exception may quote the connection string that it could not use. */
function withoutSecrets(error: string): string {
  const hasSecret = secretsIn(error).length > 0 || /:\/\/\S*@/.test(error);
  return hasSecret ? 'not shown: the text of the error has a secret in it' : printable(error).slice(0, MAX_ERROR);
}
