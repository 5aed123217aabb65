import * as path from 'node:path';
import type { RegistryName } from '@kdcube/release';
import { KdcubeError, OUT, printRecord, readReceipt, ReleaseRecord } from '@kdcube/release';
import { diskFiles } from '../../../disk';
import { writeFileAtomic } from '../../files';
import type { Log } from '../../log';
import { lastGoodRecord, recordsOf } from './records';

/** The last good record of an environment. Asked of the registry it is kept in dist, and `undefined` for the registry takes it from there: then nobody is asked. */
export async function knownRecord(
  root: string,
  environment: string,
  registry: RegistryName | undefined,
  log: Log,
): Promise<ReleaseRecord | undefined> {
  const file = OUT.record(environment);
  if (registry === undefined) {
    const text = diskFiles(root).read(file);
    return readReceipt(ReleaseRecord, text === undefined ? undefined : Buffer.from(text).toString('utf8'));
  }
  try {
    const record = await lastGoodRecord(recordsOf(registry, log), environment, log);
    if (record) await writeFileAtomic(path.join(root, file), printRecord(record));
    return record;
  } catch (error) {
    // Before the first deploy there may be no repository for records yet; a deploy says so before it writes anything.
    if (error instanceof KdcubeError && ['registry-repository-missing', 'image-not-found'].includes(error.problems[0]!.code))
      return undefined;
    throw error;
  }
}
