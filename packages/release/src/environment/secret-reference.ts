/** Where a secret is stored. This project never has the value itself. */
export type SecretReference =
  | { store: 'ssm'; name: string; arn?: string }
  | { store: 'secretsmanager'; name: string; key?: string; arn?: string }
  | { store: 'file'; path: string };

const SSM_ARN = /^arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter(\/[\w./-]+)$/;
// name, JSON key, version stage, version id: the last three may be missing or empty.
const SECRETS_ARN =
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:([\w/+=.@-]+)(?::([\w.-]*))?(?::[\w/.-]*)?(?::[\w-]*)?$/;
const SSM_NAME = /^\/?[\w.-]+(?:\/[\w.-]+)*$/;
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
const JSON_KEY = /^[\w.-]{1,256}$/;

/** Parses a reference; undefined for anything else (which may be the secret itself: it must not be shown). */
export function secretReference(text: string): SecretReference | undefined {
  if (text.length > 2048) return undefined;
  const parameter = SSM_ARN.exec(text);
  if (parameter) return { store: 'ssm', name: parameter[1]!, arn: text };
  const secret = SECRETS_ARN.exec(text);
  if (secret) return { store: 'secretsmanager', name: secret[1]!, ...(secret[2] && { key: secret[2] }), arn: text };
  const colon = text.indexOf(':');
  const store = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  if (store === 'ssm' && SSM_NAME.test(rest)) return { store, name: rest };
  if (store === 'file' && /^\/[^\0\n]+$/.test(rest) && !rest.split('/').includes('..')) return { store, path: rest };
  if (store !== 'secretsmanager') return undefined;
  const [name = '', key, ...more] = rest.split('#');
  if (more.length > 0 || !SECRET_NAME.test(name) || (key !== undefined && !JSON_KEY.test(key))) return undefined;
  return { store, name, ...(key !== undefined && { key }) };
}

/** The account and region for names that have none. */
export interface AwsPlace {
  account: string;
  region: string;
}

/** The second part of every ARN in a region. */
export function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** The `valueFrom` of ECS: the ARN as written, else built from the environment's account and region. */
export function valueFrom(reference: Exclude<SecretReference, { store: 'file' }>, { account, region }: AwsPlace): string {
  if (reference.arn) return reference.arn;
  const partition = partitionOf(region);
  if (reference.store === 'ssm')
    return `arn:${partition}:ssm:${region}:${account}:parameter${reference.name.startsWith('/') ? '' : '/'}${reference.name}`;
  const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:${reference.name}`;
  return reference.key === undefined ? arn : `${arn}:${reference.key}::`;
}

/** The reference for messages: only its location. */
export function shownReference(reference: SecretReference): string {
  if (reference.store === 'file') return `file:${reference.path}`;
  if (reference.arn) return reference.arn;
  return `${reference.store}:${reference.name}${reference.store === 'secretsmanager' && reference.key !== undefined ? `#${reference.key}` : ''}`;
}
