import { generationRow, NEWEST_GENERATION } from '../../platform/generation';
import { hasBundleLogin, secretsProvider } from '../../platform/login';
import { quoted } from '../../problem/problem';
import { pathOf } from './rule';
import type { EnvironmentRule } from './rule';

const CONFIG_FOLDER = '/config';

/** Where a bundle does the login, ingress and proc sign and check sessions with the secret `services.session_token.secret`, which no variable can hold. */
export const sessionsCanBeSigned: EnvironmentRule = ({ environment, written, options }, report, note) => {
  const generation = options.generation ?? NEWEST_GENERATION;
  const services = (environment?.services ?? []).filter(({ component }) => component === 'ingress' || component === 'proc');
  const withLogin = services.filter(({ env }) => hasBundleLogin(env));
  for (const service of withLogin) {
    const at = (name: string) => pathOf(written, 'env', service, name);
    const provider = secretsProvider(service.env);
    if (!generationRow(generation).bundleLogin)
      report(
        {
          code: 'env-value',
          message: `A platform of ${generation} has no login by a bundle: AUTH_PROVIDER ${quoted(service.env.AUTH_PROVIDER)} begins with 2026.6.11.415.`,
          hint: 'AUTH_PROVIDER: cognito',
        },
        at('AUTH_PROVIDER'),
      );
    else if (provider === 'none')
      report(
        {
          code: 'env-value',
          message: `${quoted(service.name)} signs sessions with the secret services.session_token.secret, and SECRETS_PROVIDER ${quoted(service.env.SECRETS_PROVIDER)} keeps no secrets: every login would fail.`,
          hint: 'SECRETS_PROVIDER: aws-sm',
        },
        at('SECRETS_PROVIDER'),
      );
    else if (provider === undefined)
      note(
        {
          code: 'env-missing',
          message: `${quoted(service.name)} signs sessions with the secret services.session_token.secret, and has no SECRETS_PROVIDER: unless its assembly.yaml names one that has this secret, every login fails.`,
          hint: 'SECRETS_PROVIDER: aws-sm',
        },
        at('AUTH_PROVIDER'),
      );
  }
  const other = services.find((service) => service.env.AUTH_PROVIDER !== undefined && !hasBundleLogin(service.env));
  const first = withLogin[0];
  if (first && other)
    report(
      {
        code: 'env-value',
        message: `AUTH_PROVIDER of ${quoted(other.name)} is ${quoted(other.env.AUTH_PROVIDER)}, and that of ${quoted(first.name)} is ${quoted(first.env.AUTH_PROVIDER)}: one would refuse the sessions of the other.`,
        hint: `shared:\n  AUTH_PROVIDER: ${first.env.AUTH_PROVIDER}`,
      },
      pathOf(written, 'env', other, 'AUTH_PROVIDER'),
    );
};

/** The platform writes into some of its descriptors: from a read-only folder, an admin's change fails in the running system. */
export const descriptorsCanBeEdited: EnvironmentRule = ({ environment, options }, _, note) => {
  const edited = generationRow(options.generation ?? NEWEST_GENERATION).editsDescriptors;
  for (const { name, component, mounts } of environment?.services ?? []) {
    if (component !== 'ingress' && component !== 'proc') continue;
    for (const { path, readOnly } of mounts) {
      const files = edited.filter((file) => [CONFIG_FOLDER, `${CONFIG_FOLDER}/${file}`].includes(path.replace(/\/+$/, '')));
      if (!readOnly || files.length === 0) continue;
      note(
        {
          code: 'env-value',
          message: `${quoted(path)} of ${quoted(name)} is read-only, and the platform edits ${files.join(' and ')} there: changes that an admin makes in the running platform fail.`,
          hint: 'read_only: false',
        },
        ['services', name, 'mounts', path],
        'key',
      );
    }
  }
};
