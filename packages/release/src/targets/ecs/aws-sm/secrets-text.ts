import type { Rollout } from '../rollout/rollout';
import { plannedWrites } from './write-secrets';

/** For the last line: what Secrets Manager confirmed. Empty if the plan does not write there. */
export function describeWrittenSecrets(rollout: Rollout): string {
  const { written, unconfirmed, restored, reload } = rollout.progress.secrets;
  const all = plannedWrites(rollout);
  if (all.length === 0) return '';
  const place = `Secrets Manager ${rollout.plan.descriptor.secrets!.prefix}`;
  const open = unconfirmed ? ` Not confirmed: ${unconfirmed.secret}.` : '';
  if (written.length === 0) return ` ${place}: nothing was written.${open}`;
  const left = written.filter(({ secret }) => !restored.includes(secret));
  const changed = left.filter(({ bundle, from }) => bundle === undefined || from !== undefined);
  if (restored.length > 0) {
    const rest = changed.length > 0 ? `; not restored: ${names(changed)}` : '';
    return ` ${place}: ${written.length} of ${all.length} secrets were written, and restored${rest}.${open}`;
  }
  const loaded = reload === 'done' ? ' The running tasks have the new list of bundles.' : '';
  return ` ${place}: ${written.length} of ${all.length} secrets were written: ${names(written)}.${loaded}${open}`;
}

const MAX_NAMES = 4;

function names(secrets: readonly { secret: string }[]): string {
  const shown = secrets.slice(0, MAX_NAMES).map(({ secret }) => secret);
  return `${shown.join(', ')}${secrets.length > MAX_NAMES ? ` and ${secrets.length - MAX_NAMES} more` : ''}`;
}
