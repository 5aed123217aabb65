type Variables = Readonly<Record<string, string | undefined>>;

/** As the platform reads AUTH_PROVIDER (ingress/web_app.py). */
const BUNDLE_LOGIN = ['session', 'bundle', 'bundle-session'];

/** Whether a bundle does the login at the service with these variables, so that it signs or checks sessions with the secret `services.session_token.secret`. */
export function hasBundleLogin(variables: Variables): boolean {
  return BUNDLE_LOGIN.includes(normalized(variables.AUTH_PROVIDER) ?? '');
}

/** Where the platform keeps its secrets (infra/secrets/manager.py, `_normalize_provider_name`): `none` in memory only, `other` somewhere that we cannot ask. Undefined: its assembly.yaml decides. */
export function secretsProvider(variables: Variables): 'aws-sm' | 'none' | 'other' | undefined {
  const name = normalized(variables.SECRETS_PROVIDER);
  if (name === undefined) return undefined;
  if (['aws-sm', 'aws', 'awssm'].includes(name)) return 'aws-sm';
  return ['memory', 'in-memory', 'inmemory', 'none', 'env', 'disabled'].includes(name) ? 'none' : 'other';
}

function normalized(value: string | undefined): string | undefined {
  return value?.trim().toLowerCase().replaceAll('_', '-') || undefined;
}
