import type { Problem } from '../problem/problem';

/**
 * The bundle descriptor in AWS Secrets Manager, as the platform keeps it (kdcube/kdcube 0a2b187f1, infra/plugin/bundle_store.py, `_AwsBundleDescriptorStore`): `<prefix>/bundles-meta` lists the
 * bundles, and `<prefix>/bundles/<id>/descriptor` has each of them, with its settings under `props`.
 */
export type Document = Record<string, unknown>;

export interface SecretsDescriptor {
  defaultBundle: string | undefined;
  /** By bundle id. */
  documents: ReadonlyMap<string, Document>;
}

/** What proc's environment says about the place of the secrets. */
export interface SecretsPlace {
  tenant: string;
  project: string;
  variables: Readonly<Record<string, string | undefined>>;
}

/** As the platform finds it (infra/secrets/manager.py, `build_secrets_manager_config`). */
export function secretsPrefix({ tenant, project, variables }: SecretsPlace): string {
  const explicit = variables.SECRETS_AWS_SM_PREFIX || variables.SECRETS_SM_PREFIX;
  return (explicit || `kdcube/${tenant}/${project}`).replace(/^\/+|\/+$/g, '') || 'kdcube';
}

export function metaSecret(prefix: string): string {
  return `${prefix}/bundles-meta`;
}

/** The platform’s own secrets, such as `services.session_token.secret`, in one JSON object. */
export function platformSecret(prefix: string): string {
  return `${prefix}/platform/secrets`;
}

export function bundleSecret(prefix: string, id: string): string {
  return `${prefix}/bundles/${id}/descriptor`;
}

/** From a descriptor as `planDescriptor` makes it, or in the form of a release record. */
export function secretsDescriptor(descriptor: Document): SecretsDescriptor {
  const { bundles, default: recorded } = descriptor;
  const { items, default_bundle_id: fallback } = isDocument(bundles) ? bundles : { items: bundles, default_bundle_id: recorded };
  const entries = Array.isArray(items) ? items.filter(isDocument) : [];
  const defaultBundle = typeof fallback === 'string' ? fallback : undefined;
  return { defaultBundle, documents: new Map(entries.map((entry) => [String(entry.id), documentOf(entry)])) };
}

/** The id is in the secret's name, and settings are called `props`. */
function documentOf({ id: _, config, props = config, ...entry }: Document): Document {
  return { ...entry, ...(isDocument(props) && { props }) };
}

/** What decides how the platform loads a bundle; its other keys are settings. */
const LOADER_KEYS = ['name', 'description', 'path', 'module', 'singleton', 'repo', 'ref', 'subdir', 'git_commit'];

/** A document without its settings, for a comparison: the platform writes defaults into what it stores, and the path of a clone. `versions`: with refs and commits (HOUSE law 5). */
export function loaderText(document: Document, versions: boolean): string {
  const keys = [...new Set([...LOADER_KEYS, ...Object.keys(document)])].filter((key) => key !== 'props').sort();
  const pairs = keys.flatMap((key) => {
    const value = document[key];
    const isDefault = value === undefined || value === null || value === '' || (key === 'singleton' && value === false);
    if (isDefault || (key === 'path' && document.repo) || (!versions && /^(?:ref|git_commit)$/.test(key))) return [];
    return [[key, value]];
  });
  return JSON.stringify(pairs);
}

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a secret; the platform writes JSON too. */
export function secretText(document: Document): string {
  return JSON.stringify(document);
}

/** Secrets Manager’s limit of a value: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const SECRET_BYTES = 65_536;

/** The Problem of a secret that Secrets Manager would not store. `what`: which part of its content is meant. */
export function secretSizeProblem(secret: string, text: string, what = ''): Problem | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= SECRET_BYTES) return undefined;
  return {
    code: 'limit-exceeded',
    message: `The secret ${secret} would have ${bytes} bytes${what}; Secrets Manager stores at most ${SECRET_BYTES}.`,
    hint: 'keep large settings in a file of the bundle',
  };
}
