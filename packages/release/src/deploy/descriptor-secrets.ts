import * as z from 'zod';

/** One secret that a deploy writes, after what it read when the plan was made. */
const SecretWrite = z.strictObject({
  /** Its name in Secrets Manager. */
  secret: z.string(),
  /** Undefined for the secret that lists the bundles. */
  bundle: z.string().optional(),
  /** The version that was read; undefined if the secret did not exist. */
  from: z.string().optional(),
  content: z.record(z.string(), z.unknown()),
  /** Its settings stay as they are stored: an admin or a bundle may have changed them. They are not in the plan. */
  keepsProps: z.literal(true).optional(),
});
export type SecretWrite = z.infer<typeof SecretWrite>;

/** What a deploy changes in the bundle descriptor in Secrets Manager. */
export const DescriptorSecrets = z.strictObject({
  prefix: z.string(),
  /** In order: each bundle before the list that names it. Empty if nothing changes. */
  writes: z.array(SecretWrite),
  /** Ids of bundles. */
  added: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  /** In the list, but neither in this release nor in the last one: an admin added them. They go when the list is written. */
  foreign: z.array(z.string()),
  /** proc loads the new list in its running tasks. */
  reload: z.boolean(),
});
export type DescriptorSecrets = z.infer<typeof DescriptorSecrets>;

/** `Secrets Manager kdcube/acme/prod: 2 added (a, b), 1 removed (c)`; names only, because settings may be confidential. */
export function describeSecretChanges({ prefix, writes, added, changed, removed, foreign }: DescriptorSecrets): string {
  const parts = [
    listed('added', added),
    listed('changed', changed),
    listed('removed', removed),
    listed('removed, not of any release', writes.length > 0 ? foreign : []),
  ].filter((part) => part !== '');
  const what = writes.length === 0 ? 'unchanged' : parts.join('; ') || 'the list of bundles or its default';
  return `Bundle descriptor in Secrets Manager, ${prefix}: ${what}.`;
}

const MAX_NAMES = 12;

function listed(what: string, ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const more = ids.length > MAX_NAMES ? ` and ${ids.length - MAX_NAMES} more` : '';
  return `${ids.length} ${what} (${ids.slice(0, MAX_NAMES).join(', ')}${more})`;
}
