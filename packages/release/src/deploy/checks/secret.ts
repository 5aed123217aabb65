import { type Check, fail, pass } from './check';

const SENSITIVE_DATA = 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html';

/** Its subject is `ssm:` and the name. */
export const parameterExists: Check<{ exists: boolean; parameter: string }> = {
  name: 'parameter-exists',
  kind: 'secret',
  title: 'Every parameter of Parameter Store that a service uses exists',
  why: 'A task whose secrets cannot be read does not start.',
  source: SENSITIVE_DATA,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ exists, parameter }) {
    if (exists) return pass('exists');
    return fail('does not exist', `aws ssm put-parameter --type SecureString --name ${parameter} --value …`);
  },
};

export interface SecretFacts {
  secret: string;
  exists: boolean;
  /** It is scheduled for deletion. */
  isDeleted?: boolean;
}

/** Its subject is `secretsmanager:`, the name and the key. */
export const secretExists: Check<SecretFacts> = {
  name: 'secret-exists',
  kind: 'secret',
  title: 'Every secret of Secrets Manager that a service uses exists and is not scheduled for deletion',
  why: 'A task whose secrets cannot be read does not start.',
  source: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ secret, exists, isDeleted }) {
    if (!exists) return fail('does not exist', `aws secretsmanager create-secret --name ${secret} …`);
    if (!isDeleted) return pass('exists');
    return fail('is scheduled for deletion: ECS cannot read it', `aws secretsmanager restore-secret --secret-id ${secret}`);
  },
};

/** Its subject is `secretsmanager:` and the name. */
export const sessionSecretExists: Check<SecretFacts> = {
  name: 'session-secret-exists',
  kind: 'secret',
  title: 'Where a bundle does the login, the platform’s secrets exist in Secrets Manager',
  why: 'Ingress and proc sign sessions with `services.session_token.secret`: without it, every login fails.',
  source:
    'https://github.com/kdcube/kdcube/blob/main/app/ai-app/docs/service/auth/bundle-session-auth-README.md#descriptor-contract',
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ secret, exists, isDeleted }) {
    if (exists && !isDeleted) return pass('exists; it must have services.session_token.secret, and is not read');
    return fail(
      isDeleted
        ? 'is scheduled for deletion: the platform cannot read services.session_token.secret'
        : 'does not exist: the login of a bundle needs services.session_token.secret in it',
      isDeleted
        ? `aws secretsmanager restore-secret --secret-id ${secret}`
        : `aws secretsmanager create-secret --name ${secret} --secret-string '{"services": {"session_token": {"secret": "…"}}}'`,
    );
  },
};

export interface SecretKeyFacts {
  secret: string;
  key: string;
  /** The keys of its value; undefined if that is not a JSON object; `not-read` if it was not requested. */
  keys: readonly string[] | undefined | 'not-read';
}

/** Its subject is `secretsmanager:`, the name and the key. */
export const secretHasKey: Check<SecretKeyFacts> = {
  name: 'secret-has-key',
  kind: 'secret',
  title: 'Every secret has the key that is used (only with `--secretKeys`, because that reads the secret)',
  why: 'A task whose secrets cannot be read does not start.',
  source: SENSITIVE_DATA,
  when: ['verify'],
  code: 'environment-not-ready',
  decide({ secret, key, keys }) {
    if (keys === 'not-read') return pass('exists; its keys were not read (--secretKeys reads them)');
    if (keys?.includes(key)) return pass('exists, and has this key');
    return fail(
      keys ? `exists, but has no key ${key}` : `exists, but is not a JSON object: it has no key ${key}`,
      `aws secretsmanager put-secret-value --secret-id ${secret} …`,
    );
  },
};
