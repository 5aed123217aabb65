import {
  composeServices,
  composeStatus,
  type Environment,
  type EnvironmentStatus,
  KdcubeError,
  type ReleaseRecord,
  type Workspace,
} from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import type { Log } from '../../system/log';
import { listRecords } from '../records/records';
import { readContainers } from './docker';
import { type Host } from './host/host';
import { composePlace } from './place';
import { readReleases } from './releases';

/** What runs on the host of an environment, asked of docker there. Reads only. */
export async function hostStatus(
  environment: Environment,
  { release }: Workspace,
  host: Host,
  records: Repository,
  log: Log,
): Promise<EnvironmentStatus> {
  const place = composePlace(environment);
  const { releases } = await readReleases(host, place);
  const state = { containers: await readContainers(host, place), releases };
  const services = composeServices(environment).filter(({ component }) => component !== 'postgres-setup');
  return composeStatus({
    state,
    records: await recordsOrNone(records, environment, log),
    names: new Map(services.map(({ name, serviceName }) => [name, serviceName])),
    ...(release?.name !== undefined && { releaseHere: release.name }),
  });
}

/** The host knows what runs: a registry that does not answer is only a note. */
async function recordsOrNone(records: Repository, { name }: Environment, log: Log): Promise<ReleaseRecord[]> {
  try {
    return await listRecords(records, name, log);
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    log.note(`the records in the registry were not read: ${error.problems[0]!.message}`);
    return [];
  }
}
