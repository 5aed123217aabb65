import type { CheckResult, EnvPlan } from '@kdcube/release/internal';
import { applyCheck, parameterExists, secretExists, secretHasKey } from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { SecretsApi } from '../../../aws/api/secrets';
import { runCheck } from './results';

/** Checks that the secrets exist. `readKeys`: also reads each secret that is used by key, to check that it has the key; the value is dropped. */
export async function checkSecrets(
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
  return results.flat();
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
