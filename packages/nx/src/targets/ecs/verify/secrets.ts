import type { CheckResult, Environment, EnvPlan, ServiceEnv } from '@kdcube/release/internal';
import {
  applyCheck,
  hasBundleLogin,
  parameterExists,
  platformSecret,
  secretExists,
  secretHasKey,
  secretsPrefix,
  secretsProvider,
  sessionSecretExists,
} from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { SecretsApi } from '../../../aws/api/secrets';
import { runCheck } from './results';

/** Checks that the secrets exist. `readKeys`: also reads each secret that is used by key, to check that it has the key; the value is dropped. */
export async function checkSecrets(
  environment: Environment,
  { services }: EnvPlan,
  api: SecretsApi,
  { readKeys }: { readKeys: boolean },
): Promise<CheckResult[]> {
  const onEcs = services.filter(({ target }) => target === 'ecs');
  const references = [...new Set(onEcs.flatMap(({ secrets }) => Object.values(secrets)))].sort();
  const results = await inParallel(references, 4, (reference) => {
    const [, , service, , , kind = '', name = '', key] = reference.split(':');
    if (service === 'ssm') return checkParameter(kind.replace(/^parameter/, ''), api);
    const id = /-[A-Za-z0-9]{6}$/.test(name) ? reference.split(':').slice(0, 7).join(':') : name;
    return checkSecret({ id, name, ...(key && { key }) }, api, readKeys);
  });
  const sessions = await inParallel(sessionSecrets(environment, onEcs), 4, (secret) => checkSessionSecret(secret, api));
  return [...results, ...sessions].flat();
}

/** The secrets of the platform that sign the sessions of a bundle's login, as far as they are in the region of the cluster. */
function sessionSecrets({ tenant, project, ecs }: Environment, services: readonly ServiceEnv[]): string[] {
  const signing = services.filter(
    ({ component, env }) =>
      (component === 'ingress' || component === 'proc') &&
      hasBundleLogin(env) &&
      secretsProvider(env) === 'aws-sm' &&
      (env.SECRETS_AWS_REGION || ecs.region) === ecs.region,
  );
  return [...new Set(signing.map(({ env }) => platformSecret(secretsPrefix({ tenant, project, variables: env }))))].sort();
}

function checkSessionSecret(secret: string, api: SecretsApi): Promise<CheckResult[]> {
  const subject = `secretsmanager:${secret}`;
  return runCheck(
    sessionSecretExists,
    subject,
    async () => {
      const { isDeleted } = await api.describeSecret(secret);
      return applyCheck(sessionSecretExists, subject, { secret, exists: true, isDeleted });
    },
    { notFound: /ResourceNotFound/, missing: () => applyCheck(sessionSecretExists, subject, { secret, exists: false }) },
  );
}

function checkParameter(parameter: string, api: SecretsApi): Promise<CheckResult[]> {
  const subject = `ssm:${parameter}`;
  return runCheck(parameterExists, subject, async () =>
    applyCheck(parameterExists, subject, { parameter, exists: await api.parameterExists(parameter) }),
  );
}

function checkSecret(
  { id, name, key }: { id: string; name: string; key?: string },
  api: SecretsApi,
  readKeys: boolean,
): Promise<CheckResult[]> {
  const subject = `secretsmanager:${name}${key ? `#${key}` : ''}`;
  return runCheck(
    secretExists,
    subject,
    async () => {
      const { isDeleted } = await api.describeSecret(id);
      const existence = applyCheck(secretExists, subject, { secret: name, exists: true, isDeleted });
      if (existence.status !== 'pass' || !key) return existence;
      const keys = readKeys ? await api.listSecretKeys(id) : 'not-read';
      return applyCheck(secretHasKey, subject, { secret: name, key, keys });
    },
    { notFound: /ResourceNotFound/, missing: () => applyCheck(secretExists, subject, { secret: name, exists: false }) },
  );
}
