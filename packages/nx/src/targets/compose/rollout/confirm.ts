import { type ComposePlan, type Environment, hashOfBase, KdcubeError } from '@kdcube/release/internal';
import { readBase } from '../compose-command';
import type { Host } from '../host/host';
import type { ComposePlace } from '../place';
import { stampOwnedSecrets, writeFetchedSecrets } from '../secrets/secrets';

/** Refuses a plan if the host's compose file or a secret is not as it was when the plan was made; then writes the secrets that AWS has to their files. Problem `plan-outdated`. */
export async function confirmPlan(host: Host, place: ComposePlace, environment: Environment, plan: ComposePlan): Promise<void> {
  const base = await readBase(host, place, environment);
  const edited = Object.entries(plan.content.services).find(
    ([, { serviceName, baseHash }]) => hashOfBase(base.services.get(serviceName) ?? {}) !== baseHash,
  );
  if (edited) throw planOutdated(plan, `what ${plan.file} says of ${edited[0]}`);
  for (const [file, stamp] of await stampOwnedSecrets(host, place, environment))
    if (plan.secretStamps[file] !== stamp) throw planOutdated(plan, file);
  await writeFetchedSecrets(host, place, environment, new Map(Object.entries(plan.secretStamps)));
}

function planOutdated({ environment }: ComposePlan, what: string): KdcubeError {
  return new KdcubeError({
    code: 'plan-outdated',
    message: `The plan is out of date: since it was made, ${what} on the host has changed.`,
    hint: `nx run release:plan:${environment}    makes a new plan`,
  });
}
