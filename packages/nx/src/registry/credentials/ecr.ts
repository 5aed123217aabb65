import { KdcubeError, ecrRegion } from '@kdcube/release/internal';
import { awsErrorMessage } from '../../aws/aws-error';
import { dockerCredentials } from './docker-config';
import { type Credentials } from './credentials';
import { loginHint } from '../transport/problems';

/** An authorization token of Amazon ECR. */
type EcrToken = Extract<Credentials, { kind: 'password' }> & { expiresAt: number };

/** A token is not used in the last minutes of its life. Milliseconds. */
const EXPIRY_MARGIN = 5 * 60_000;
/** The SDK does not always preserve the code of a network error; it always preserves its text. */
const UNREACHABLE =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|E[A-Z]+UNREACH|ETIMEDOUT|EPIPE|EPROTO|CERT_[A-Z_]+|UNABLE_TO_[A-Z_]+|[A-Z_]*SELF_SIGNED[A-Z_]*)\b/;
/** By region and principal: one token is valid for every registry there. Never on disk. */
const tokens = new Map<string, Promise<EcrToken>>();

/**
 * The credentials for a registry: those of docker first; for Amazon's registries otherwise a token from the AWS settings (environment, profile, role), and
 * also if docker's login has expired. `rejected`: credentials that the registry rejected, which are not returned again. Undefined if there are none.
 * Throws `registry-denied`, `registry-unreachable` and `registry-response` if no token can be read.
 */
export async function resolveCredentials(
  host: string,
  rejected?: Credentials,
  now: () => number = Date.now,
): Promise<Credentials | undefined> {
  const fromDocker = await dockerCredentials(host);
  const region = ecrRegion(host);
  if (region === undefined) return fromDocker;
  const tokenWasRejected = rejected?.kind === 'password' && rejected.expiresAt !== undefined;
  if (fromDocker && !tokenWasRejected && !isSameCredentials(fromDocker, rejected)) return fromDocker;
  try {
    return await cachedEcrToken(host, region, rejected, now);
  } catch (error) {
    // The registry's refusal of docker's login says more than "no AWS settings".
    if (fromDocker) return fromDocker;
    throw error;
  }
}

async function cachedEcrToken(
  host: string,
  region: string,
  rejected: Credentials | undefined,
  now: () => number,
): Promise<EcrToken> {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_ROLE_ARN, AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL } = process.env;
  const key = JSON.stringify([
    region,
    isFips(host),
    AWS_PROFILE,
    AWS_ACCESS_KEY_ID,
    AWS_ROLE_ARN,
    AWS_ENDPOINT_URL_ECR,
    AWS_ENDPOINT_URL,
  ]);
  const before = tokens.get(key);
  const known = await before?.catch(() => undefined);
  if (known && known.expiresAt - EXPIRY_MARGIN > now() && !isSameCredentials(known, rejected)) return known;
  const current = tokens.get(key);
  // A parallel request may have started one already.
  if (current && current !== before) return current;
  const asked = fetchEcrToken(host, region);
  tokens.set(key, asked);
  asked.catch(() => tokens.get(key) === asked && tokens.delete(key));
  return asked;
}

async function fetchEcrToken(host: string, region: string): Promise<EcrToken> {
  // The SDK's warning about Node's version does not help the user: package.json pins an SDK that runs on Node 20.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // Only here: it takes longer to load than most commands take.
  const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
  const client = new ECRClient({
    region,
    ...(isFips(host) && { useFipsEndpoint: true }),
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken = '', expiresAt } = authorizationData?.[0] ?? {};
    const decoded = Buffer.from(authorizationToken, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    const end = expiresAt?.getTime();
    if (colon < 1 || end === undefined || !Number.isFinite(end)) {
      throw new KdcubeError({ code: 'registry-response', message: `ECR returned an invalid token for ${host}.` });
    }
    return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1), expiresAt: end };
  } catch (error) {
    throw error instanceof KdcubeError ? error : tokenProblem(error, host, region);
  } finally {
    client.destroy();
  }
}

/** An error of the SDK as a Problem. Only its names are stable from version to version. */
function tokenProblem(error: unknown, host: string, region: string): KdcubeError {
  const { name = '', code = '' } = error as NodeJS.ErrnoException;
  const message = awsErrorMessage(error);
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new KdcubeError(
      {
        code: 'registry-denied',
        message: `There are no credentials for the ECR registry ${host}, neither from docker nor from AWS (environment, profile, role): ${message}`,
        hint: `aws sts get-caller-identity    shows whether there are any; or ${loginHint(host)}`,
      },
      { cause: error },
    );
  }
  if (
    /AccessDenied|UnrecognizedClient|InvalidClientTokenId|Signature|ExpiredToken|NotAuthorized|Forbidden|OptInRequired/i.test(
      name,
    )
  ) {
    const hint = /AccessDenied|NotAuthorized/i.test(name)
      ? 'grant ecr:GetAuthorizationToken to this user or role'
      : 'aws sts get-caller-identity    shows whether the AWS credentials are valid';
    return new KdcubeError(
      { code: 'registry-denied', message: `ECR returned no token for ${host} (${name}): ${message}`, hint },
      { cause: error },
    );
  }
  if (name === 'TimeoutError' || UNREACHABLE.test(`${code} ${message}`)) {
    return new KdcubeError(
      {
        code: 'registry-unreachable',
        message: `The ECR API of region ${region} cannot be reached for a token for ${host}: ${message}`,
        hint: 'AWS_ENDPOINT_URL_ECR=<url> sets another endpoint, such as a VPC endpoint',
      },
      { cause: error },
    );
  }
  return new KdcubeError(
    { code: 'registry-response', message: `ECR returned no token for ${host} (${name || 'unknown error'}): ${message}` },
    { cause: error },
  );
}

function isFips(host: string): boolean {
  return host.includes('ecr-fips');
}

function isSameCredentials(one: Credentials, other: Credentials | undefined): boolean {
  const secret = (credentials: Credentials) => (credentials.kind === 'password' ? credentials.password : credentials.token);
  return other !== undefined && one.kind === other.kind && secret(one) === secret(other);
}
