import type { SecretWrite, DescriptorSecrets } from '../../../deploy/descriptor-secrets';
import {
  bundleSecret,
  loaderText,
  metaSecret,
  secretSizeProblem,
  secretText,
  type Document,
  type SecretsDescriptor,
} from '../../../descriptor/aws-sm';
import { KdcubeError } from '../../../problem/problem';
import { sortKeys } from '../../../deploy/normalize-descriptor';
import { listedBundles, type StoredDescriptor } from './stored-descriptor';

export interface SecretsInput {
  stored: StoredDescriptor;
  desired: SecretsDescriptor;
  /** Of the last record of a deploy that succeeded; undefined if it is unknown. */
  recorded?: SecretsDescriptor;
  mode: 'baked' | 'git';
  /** Whether the platform itself lists a bundle of this id, for its settings. */
  isReserved(id: string): boolean;
  /** Whether a deploy may reload. */
  reload: boolean;
}

/**
 * What a deploy changes in Secrets Manager. How a bundle is loaded is the release's decision. Its settings are that of the release only if the release changed them since its last record: the platform keeps
 * there what admins and the bundles themselves set.
 */
export function planSecrets(input: SecretsInput): DescriptorSecrets {
  const { stored, desired, recorded } = input;
  const listed = listedBundles(stored.meta);
  const ids = [...desired.documents.keys()];
  const bundleWrites = ids.flatMap((id) => planBundle(id, input) ?? []);
  const others = listed.filter((id) => !desired.documents.has(id) && !input.isReserved(id));
  const isRemoved = (id: string) => recorded?.documents.has(id) === true;
  const [removed, foreign] = [others.filter(isRemoved), others.filter((id) => !isRemoved(id))];
  const added = ids.filter((id) => !listed.includes(id));
  const changes = { added, changed: bundleWrites.map(({ bundle }) => bundle!).filter((id) => !added.includes(id)), removed };
  const isListWritten =
    !stored.meta || added.length + removed.length > 0 || stored.meta.value.default_bundle_id !== desired.defaultBundle;
  const meta = planMeta(input, listed);
  // Bundles that an admin added are no reason to write, but the platform replaces the whole list, and so does a deploy.
  const writes = bundleWrites.length > 0 || isListWritten ? [...bundleWrites, ...(differs(meta, stored) ? [meta] : [])] : [];
  checkSizes(writes);
  // An earlier run may have written the secrets and ended before its reload: only a deploy that succeeded has reloaded.
  const mayBeUnloaded = writes.length > 0 || !isRecorded(input);
  return { prefix: stored.prefix, writes, ...changes, foreign, reload: input.reload && mayBeUnloaded };
}

/** Whether the last successful deploy had this descriptor. What admins change since then, the platform loads itself. */
function isRecorded({ desired, recorded, mode }: SecretsInput): boolean {
  const isGit = mode === 'git';
  return (
    recorded !== undefined &&
    recorded.defaultBundle === desired.defaultBundle &&
    recorded.documents.size === desired.documents.size &&
    [...desired.documents].every(([id, wanted]) => {
      const found = recorded.documents.get(id);
      return found && loaderText(found, isGit) === loaderText(wanted, isGit) && isSame(found.props, wanted.props);
    })
  );
}

function planBundle(id: string, { stored, desired, recorded, mode }: SecretsInput): SecretWrite | undefined {
  const wanted = desired.documents.get(id)!;
  const found = stored.bundles.get(id);
  const secret = bundleSecret(stored.prefix, id);
  if (!found) return { secret, bundle: id, content: wanted };
  const before = recorded?.documents.get(id);
  const setsProps = before ? !isSame(before.props, wanted.props) : wanted.props !== undefined;
  const isLoadedSame = loaderText(found.value, mode === 'git') === loaderText(wanted, mode === 'git');
  const hasSameProps = !setsProps || isSame(found.value.props, wanted.props);
  if (isLoadedSame && hasSameProps) return undefined;
  const { props: _, ...loader } = wanted;
  const content = setsProps ? wanted : loader;
  return { secret, bundle: id, from: found.version, content, ...(!setsProps && { keepsProps: true as const }) };
}

function planMeta({ stored, desired, isReserved }: SecretsInput, listed: readonly string[]): SecretWrite {
  const ids = [...desired.documents.keys(), ...listed.filter((id) => isReserved(id) && !desired.documents.has(id))];
  const content = { default_bundle_id: desired.defaultBundle ?? null, bundle_ids: ids };
  return { secret: metaSecret(stored.prefix), ...(stored.meta && { from: stored.meta.version }), content };
}

function differs({ content }: SecretWrite, { meta }: StoredDescriptor): boolean {
  return !meta || !isSame({ ...meta.value }, { ...content });
}

function isSame(one: unknown, other: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(sortKeys(value ?? {}));
  return text(one) === text(other);
}

/** Refused before the first write. Settings that are kept are in Secrets Manager already, so they fit. */
function checkSizes(writes: readonly SecretWrite[]): void {
  const problems = writes.flatMap(({ secret, content }) => secretSizeProblem(secret, secretText(content as Document)) ?? []);
  if (problems.length > 0) throw new KdcubeError(problems);
}
