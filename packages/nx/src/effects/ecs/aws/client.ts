import type { Clock } from '@kdcube/release';
import type { ECSClient } from '@aws-sdk/client-ecs';
import { awsClock, type AwsClock } from './clock';
import { callProblem, isSkewed, isThrottled, isUnreachable } from './call-problem';

export type EcsSdk = typeof import('@aws-sdk/client-ecs');

/** Amazon's SDK for ECS in one region, and how it is asked again. Its credentials sign what is asked of other services too (signed.ts). */
export interface AwsConnection {
  sdk: EcsSdk;
  client: ECSClient;
  region: string;
  clock: Clock & Partial<AwsClock>;
  close(): void;
}

/** A client of the SDK, loaded only here: it takes longer to load than most commands take. AWS_ENDPOINT_URL, profiles and roles are honoured by it. */
export async function ecsClient({ region, maxAttempts }: { region: string; maxAttempts?: number }): Promise<ECSClient> {
  // A warning about Node's version is for whoever chose the SDK's (package.json keeps it to one that runs on Node 20), not for people who deploy.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { ECSClient: Client } = await import('@aws-sdk/client-ecs');
  return new Client({
    ...(region !== '' && { region }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}

/** The same with a clock of its own: asked again here, by the clock of the rollout, and with more patience than the SDK has. Sends nothing. */
export async function connectAws(region: string, clock: AwsConnection['clock'] = awsClock()): Promise<AwsConnection> {
  const [sdk, client] = await Promise.all([import('@aws-sdk/client-ecs'), ecsClient({ region, maxAttempts: 1 })]);
  hearTime(client, clock);
  return { sdk, client, region, clock, close: () => client.destroy() };
}

/** Every answer says what time it is, refusals too: next to the line, before anything is read from it. */
function hearTime({ middlewareStack }: ECSClient, clock: AwsConnection['clock']): void {
  middlewareStack.add(
    (next) => async (given) => {
      const answer = await next(given);
      const { headers } = answer.response as { headers?: Record<string, string> };
      clock.heard?.(Date.parse(headers?.date ?? ''));
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'hearTime' },
  );
}

const WAITS = [500, 1_000, 2_000, 4_000, 8_000];

/**
 * Asks, and asks again where AWS says "too often" or the line breaks. `once`: what was asked may have been done when the line broke, and must not be done twice; then only throttling is tried again.
 * Everything that stays is a Problem `aws-*`.
 */
export async function ask<T>(
  aws: Pick<AwsConnection, 'clock' | 'region'>,
  what: string,
  send: () => Promise<T>,
  { once = false } = {},
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const skewed = isSkewed(error) && attempt === 0;
      const again = isThrottled(error) || skewed || (!once && isUnreachable(error));
      const wait = skewed ? 0 : WAITS[attempt];
      if (!again || wait === undefined) throw callProblem(error, what, aws.region);
      await aws.clock.sleep(wait);
    }
  }
}
