import { secretText } from '../../../descriptor/aws-sm';
import { write, type Rollout } from '../rollout/rollout';
import { readDocument } from './stored-descriptor';
import { isReadBack, tokenOf } from './write-secrets';

/** What the platform takes for "no bundles": a secret that this rollout created is not deleted, because its name could not be used for days. */
const NO_LIST = { default_bundle_id: null, bundle_ids: [] };

/** Writes back what the secrets held before, the list of bundles first. One that has changed in the meantime stays as it is. */
export async function restoreSecrets(rollout: Rollout): Promise<void> {
  const { written, versions, before, restored } = rollout.progress.secrets;
  for (const { secret, bundle, from } of [...written].reverse()) {
    const isCreated = from === undefined;
    // A bundle that nothing lists does no harm.
    if (isCreated && bundle !== undefined) continue;
    const previous = before.get(secret) ?? (isCreated ? NO_LIST : undefined);
    if (previous === undefined) {
      const text = `Secrets Manager: ${secret} is not restored: its version before this deploy cannot be read any more`;
      rollout.report({ event: 'note', text });
      continue;
    }
    const stored = await readDocument(rollout.ecs, secret);
    const version = versions.get(secret)!;
    // A read that shows the version before the write is stale.
    if (stored?.version !== version && stored?.version !== from) {
      rollout.report({ event: 'note', text: `Secrets Manager: ${secret} was changed by another client, and stays` });
      continue;
    }
    const text = secretText(previous);
    const token = tokenOf(secret, version, text);
    await write(rollout, () => rollout.ecs.putSecret({ secret, text, token }));
    restored.push(secret);
    // No failure of its own: the cause of the rollback is what is reported, and the reload must not be skipped.
    if (!(await isReadBack(rollout, secret, text, token)))
      rollout.report({ event: 'note', text: `Secrets Manager: ${secret} was restored, but reads do not show that version` });
  }
}
