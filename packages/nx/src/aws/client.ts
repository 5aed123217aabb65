import type { Clock } from '@kdcube/release/internal';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { isClockSkewed, isThrottled, isUnreachable, toAwsProblem } from './aws-problem';
import { awsClock, type AwsClock } from './clock';

type EcsSdk = typeof import('@aws-sdk/client-ecs');

/** A client of ECS in one region, with the clock that its retries wait by. Its credentials also sign requests to other services (signed-request.ts). */
export interface AwsConnection {
  sdk: EcsSdk;
  client: ECSClient;
  region: string;
  clock: Clock & Partial<AwsClock>;
  close(): void;
}

const TIMEOUT_MS = 30_000;

/** Creates a client. The SDK is loaded here only, because loading it takes longer than most commands run. */
async function createEcsClient({ region, maxAttempts }: { region: string; maxAttempts?: number }): Promise<ECSClient> {
  // The SDK warns about old Node versions. Users cannot act on it: package.json limits the SDK to versions that run on Node 20.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { ECSClient: Client } = await import('@aws-sdk/client-ecs');
  return new Client({
    ...(region !== '' && { region }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
}

/** Opens a connection that retries by the clock of the rollout (`callAws`) instead of the SDK's. Sends nothing yet. */
export async function connectAws(region: string, clock: AwsConnection['clock'] = awsClock()): Promise<AwsConnection> {
  const [sdk, client] = await Promise.all([import('@aws-sdk/client-ecs'), createEcsClient({ region, maxAttempts: 1 })]);
  syncClock(client, clock);
  return { sdk, client, region, clock, close: () => client.destroy() };
}

/** Adjusts the clock to the Date header of every response, errors included: before the body is parsed. */
function syncClock({ middlewareStack }: ECSClient, clock: AwsConnection['clock']): void {
  middlewareStack.add(
    (next) => async (input) => {
      const output = await next(input);
      const { headers } = output.response as { headers?: Record<string, string> };
      clock.observe?.(Date.parse(headers?.date ?? ''));
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'syncClock' },
  );
}

const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Calls AWS, and retries when AWS throttles or the connection fails. `isIdempotent: false`: the call may have succeeded although the connection failed; then only throttling is retried.
 * What still fails is a Problem `aws-*`.
 */
export async function callAws<T>(
  aws: Pick<AwsConnection, 'clock' | 'region'>,
  action: string,
  send: () => Promise<T>,
  { isIdempotent = true } = {},
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const isSkewed = isClockSkewed(error) && attempt === 0;
      const canRetry = isThrottled(error) || isSkewed || (isIdempotent && isUnreachable(error));
      const delay = isSkewed ? 0 : RETRY_DELAYS_MS[attempt];
      if (!canRetry || delay === undefined) throw toAwsProblem(error, action, aws.region);
      await aws.clock.sleep(delay);
    }
  }
}
