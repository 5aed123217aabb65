import type { EnvPlan } from '@kdcube/release/internal';
import { inParallel } from '../../../system/parallel';
import type { SecretsApi } from '../../../aws/api/secrets';
import { fail, pass, runCheck, type CheckResult } from './results';

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

function checkParameter(name: string, api: SecretsApi): Promise<CheckResult[]> {
  const subject = `ssm:${name}`;
  return runCheck('secret', subject, async () =>
    (await api.parameterExists(name))
      ? pass('secret', subject, 'exists')
      : fail('secret', subject, 'does not exist', `aws ssm put-parameter --type SecureString --name ${name} --value …`),
  );
}

function checkSecret(
  { id, name, key }: { id: string; name: string; key?: string },
  api: SecretsApi,
  readKeys: boolean,
): Promise<CheckResult[]> {
  const subject = `secretsmanager:${name}${key ? `#${key}` : ''}`;
  const command = (action: string) => `aws secretsmanager ${action} ${name}`;
  return runCheck(
    'secret',
    subject,
    async () => {
      if ((await api.describeSecret(id)).isDeleted)
        return fail('secret', subject, 'is scheduled for deletion: ECS cannot read it', command('restore-secret --secret-id'));
      if (!key) return pass('secret', subject, 'exists');
      if (!readKeys) return pass('secret', subject, 'exists; its keys were not read (--secretKeys reads them)');
      const keys = await api.listSecretKeys(id);
      if (keys?.includes(key)) return pass('secret', subject, 'exists, and has this key');
      const detail = keys ? `exists, but has no key ${key}` : `exists, but is not a JSON object: it has no key ${key}`;
      return fail('secret', subject, detail, `${command('put-secret-value --secret-id')} …`);
    },
    { notFound: /ResourceNotFound/, hint: `${command('create-secret --name')} …` },
  );
}
