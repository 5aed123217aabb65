import { secretText } from '../../../descriptor/aws-sm';
import { write, type Rollout } from '../rollout/rollout';
import { readDocument } from './stored-descriptor';
import { confirmSecret, tokenOf } from './write-secrets';

/** What the platform takes for "no bundles": a secret that this rollout created is not deleted, because its name could not be used for days. */
const NO_LIST = { default_bundle_id: null, bundle_ids: [] };

/** Writes back what the secrets held before, the list of bundles first. One that has changed in the meantime stays as it is. */
export async function restoreSecrets(rollout: Rollout): Promise<void> {
  const { written, versions, before, restored } = rollout.progress.secrets;
  for (const { secret, bundle } of [...written].reverse()) {
    const previous = before.get(secret) ?? (bundle === undefined ? NO_LIST : undefined);
    // A bundle that nothing lists does no harm.
    if (previous === undefined) continue;
    const stored = await readDocument(rollout.ecs, secret);
    if (stored?.version !== versions.get(secret)) {
      rollout.report({ event: 'note', text: `Secrets Manager: ${secret} was changed by another client, and stays` });
      continue;
    }
    const text = secretText(previous);
    const token = tokenOf(secret, stored?.version, text);
    await write(rollout, () => rollout.ecs.putSecret({ secret, text, token }));
    await confirmSecret(rollout, secret, text, token);
    restored.push(secret);
  }
}
