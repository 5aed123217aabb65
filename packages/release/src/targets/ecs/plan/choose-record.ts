import { KdcubeError, quoted } from '../../../problem/problem';
import type { ReleaseRecord } from '../../../deploy/record';
import type { Running } from './running';

/** The record to roll back to: the named release's last success; without a name, the last success that is not running now. */
export function chooseRollbackRecord(records: readonly ReleaseRecord[], to: string | undefined, running: Running): ReleaseRecord {
  const succeeded = records.filter(({ verdict }) => verdict === 'succeeded');
  const found =
    to === undefined
      ? succeeded.find((record) => !isRunning(record, running) || hasOtherDescriptor(record, succeeded[0]!))
      : succeeded.find(({ release }) => release === to);
  if (found) return found;
  const names = [...new Set(succeeded.map(({ release }) => release))];
  throw new KdcubeError({
    code: 'release-not-found',
    message: noRecordMessage(records, succeeded, to),
    hint: names.length > 0 ? `one of ${names.slice(0, 10).join(', ')}` : 'nx run release:history    lists what was deployed',
  });
}

function isRunning(record: ReleaseRecord, running: Running): boolean {
  return Object.values(record.services).every(
    ({ serviceName, taskDefinition, component }) =>
      component === 'postgres-setup' || running.services[serviceName]?.taskDefinition === taskDefinition,
  );
}

/** In Secrets Manager the descriptor changes without a revision. */
function hasOtherDescriptor({ descriptor }: ReleaseRecord, last: ReleaseRecord): boolean {
  return descriptor !== '' && last.descriptor !== '' && descriptor !== last.descriptor;
}

function noRecordMessage(records: readonly ReleaseRecord[], succeeded: readonly ReleaseRecord[], to: string | undefined): string {
  if (to === undefined)
    return succeeded.length === 0
      ? 'No deploy has succeeded in this environment yet: there is no release to roll back to.'
      : 'There is no successful release in the records other than the running one.';
  return records.some(({ release }) => release === to)
    ? `No deploy of ${quoted(to)} succeeded in this environment.`
    : `${quoted(to)} has no release record in this environment.`;
}
