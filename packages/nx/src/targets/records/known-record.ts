import * as path from 'node:path';
import {
  type RegistryName,
  KdcubeError,
  OUT,
  printRecord,
  readReceipt,
  ReleaseRecord,
  repositoryOf,
  shown,
} from '@kdcube/release/internal';
import { readWorkspaceFile } from '../../workspace/disk';
import { writeFileAtomic } from '../../system/files/files';
import { openRegistryWithoutAws } from '../../workspace/registries';
import type { Log } from '../../system/log';
import type { Repository } from '../../registry/blobs/blobs';
import type { Registry } from '../../registry/transport/connect';
import { isInterrupted } from '../../system/programs/signals';
import { lastGoodRecord, recordsOf } from './records';

/** What is known of an environment without AWS. */
export interface KnownOffline {
  /** The last good one; undefined where there is none. */
  record?: ReleaseRecord;
  /** Where it is from, in words. */
  source: string;
  /** The registry, where it can be asked without AWS. */
  registry?: Registry;
}

/** The last good record of an environment, as the registry has it. It is kept in dist. */
export async function knownRecord(
  root: string,
  environment: string,
  registry: RegistryName,
  log: Log,
): Promise<ReleaseRecord | undefined> {
  try {
    return await fetchRecord(root, environment, recordsOf(registry, log), log);
  } catch (error) {
    // Quay, GHCR and Docker Hub deny a repository that does not exist. A deploy finds out which it is: it may write.
    if (!(error instanceof KdcubeError) || error.problems[0]!.code !== 'registry-denied') throw error;
    log.note(
      `no release record was read, as before the first deploy: ${error.problems[0]!.message} Some registries deny what does not exist yet.`,
    );
    return undefined;
  }
}

/** The same without AWS: of the registry where that answers without it, else the one that was seen here last. */
export async function offlineRecord(
  root: string,
  environment: string,
  name: RegistryName | undefined,
  log: Log,
): Promise<KnownOffline> {
  const useSaved = (why: string): KnownOffline => {
    const record = savedRecord(root, environment);
    return { ...(record && { record }), source: `${OUT.record(environment)}, where the last one is that was seen here: ${why}` };
  };
  if (name === undefined) return useSaved('no registry is configured for the images');
  const registry = await openRegistryWithoutAws(name.host, log);
  if (registry === undefined) return useSaved(`${name.host} is Amazon’s, and docker has no login for it`);
  try {
    const record = await fetchRecord(root, environment, { registry, repository: repositoryOf(name, 'releases') }, log);
    return { ...(record && { record }), registry, source: `${shown(name)}/releases` };
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    return useSaved(error.problems[0]!.message.split('\n')[0]!.replace(/\.$/, ''));
  }
}

async function fetchRecord(root: string, environment: string, place: Repository, log: Log): Promise<ReleaseRecord | undefined> {
  try {
    const record = await lastGoodRecord(place, environment, log);
    if (record) await writeFileAtomic(path.join(root, OUT.record(environment)), printRecord(record));
    return record;
  } catch (error) {
    // Before the first deploy there may be no repository for records yet; a deploy says so before it writes anything.
    if (error instanceof KdcubeError && ['registry-repository-missing', 'image-not-found'].includes(error.problems[0]!.code))
      return undefined;
    throw error;
  }
}

function savedRecord(root: string, environment: string): ReleaseRecord | undefined {
  return readReceipt(ReleaseRecord, readWorkspaceFile(root, OUT.record(environment))?.toString('utf8'));
}
