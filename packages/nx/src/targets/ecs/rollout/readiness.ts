import type { DeployPlan, Readiness, ReadinessAnswer } from '@kdcube/release/internal';
import { KdcubeError } from '@kdcube/release/internal';

type Request = NonNullable<DeployPlan['readiness']>;

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
const MASK = '***';

/** Asks proc whether its bundles are ready. Refuses before the rollout if a credential is missing. Undefined: the plan does not ask. */
export function readinessPort(plan: DeployPlan, timeout = TIMEOUT_MS): Readiness | undefined {
  if (!plan.readiness) return undefined;
  refusePlainHttp(plan.readiness, plan.environment);
  const headers = readHeaders(plan.readiness, plan.environment);
  return { ask: ({ url }) => ask(url, headers, timeout) };
}

/** The plan of a rollback asks only if it can: a token that is missing at 2 a.m. must not keep the last good release away. */
export function askIfPossible(plan: DeployPlan): DeployPlan {
  const { readiness, ...rest } = plan;
  const unset = readiness ? unsetVariables(readiness) : [];
  if (unset.length === 0) return plan;
  const note = `readiness: ${unset.join(', ')} is not set, so this rollback does not ask whether the bundles are ready. The verdict rests on tasks and digests.`;
  return { ...rest, notes: [...plan.notes, note] };
}

function unsetVariables({ headers }: Request): string[] {
  return Object.values(headers).filter((variable) => (process.env[variable] ?? '') === '');
}

/** The rules of an environment say so too; a plan may come from a file. */
function refusePlainHttp({ url, headers }: Request, environment: string): void {
  if (Object.keys(headers).length === 0) return;
  const { protocol = '', hostname = '' } = URL.canParse(url) ? new URL(url) : {};
  if (protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))) return;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `readiness.url in the plan for ${environment} is not https, and a credential is sent only over https.`,
    hint: `nx run release:plan:${environment}    makes a new plan, with the URL of the environment`,
  });
}

/** The values are read once: they go into the requests, and nowhere else. */
function readHeaders(request: Request, environment: string): Record<string, string> {
  const { headers } = request;
  const missing = unsetVariables(request);
  if (missing.length > 0)
    throw new KdcubeError(
      missing.map((variable) => ({
        code: 'credential-missing',
        message: `${variable} is not set: readiness.headers of ${environment} sends its value to proc.`,
        hint: `export ${variable}=…    or set it as a secret of the CI job`,
      })),
    );
  const values = Object.entries(headers).map(([header, variable]) => [header, process.env[variable]!.trim(), variable] as const);
  const invalid = values.filter(([, value]) => !/^[\t\x20-\x7e\x80-\xff]+$/.test(value));
  if (invalid.length > 0)
    throw new KdcubeError(
      invalid.map(([header, , variable]) => ({
        code: 'credential-missing',
        message: `The value of ${variable} cannot be sent as the header ${header}: it has characters that a header cannot have.`,
      })),
    );
  return Object.fromEntries(values);
}

/** One request. A redirect is not followed: the credential is for this host. */
async function ask(url: string, headers: Record<string, string>, timeout: number): Promise<ReadinessAnswer> {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, { headers: { accept: 'application/json', ...headers }, redirect: 'manual', signal });
    const location = response.headers.get('location');
    const isRedirect = response.status >= 300 && response.status < 400 && location !== null;
    const redirect = isRedirect ? { redirect: URL.canParse(location, url) ? new URL(location, url).host : 'an invalid URL' } : {};
    const body = response.status === 200 ? await readBody(response) : await discard(response);
    if (body === undefined) return { unanswered: 'its answer is larger than 1 MiB' };
    const type = (response.headers.get('content-type') ?? '').split(';')[0]!.trim();
    const answered = { status: response.status, type: mask(type, headers), body: mask(body, headers), ...redirect };
    const process = processOf(response);
    return process === '' ? answered : { ...answered, process };
  } catch (error) {
    return { unanswered: signal.aborted ? 'it does not answer' : `it cannot be reached (${reasonOf(error)})` };
  }
}

async function readBody(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).byteLength;
    // Leaving the loop closes the connection.
    if (size > MAX_BYTES) return undefined;
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function discard(response: Response): Promise<string> {
  await response.body?.cancel();
  return '';
}

/** Every process of proc names itself. */
function processOf({ headers }: Response): string {
  return [headers.get('x-kdcube-proc-instance'), headers.get('x-kdcube-worker-pid')].filter((part) => part !== null).join('/');
}

/** An endpoint that repeats what it was sent must not bring a credential into the log. */
function mask(text: string, headers: Record<string, string>): string {
  const parts = Object.values(headers).flatMap((value) => [value, value.replace(/^\w+ +/, '')]);
  return parts.filter((part) => part.length >= 4).reduce((masked, part) => masked.replaceAll(part, MASK), text);
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code ?? 'no connection';
}
