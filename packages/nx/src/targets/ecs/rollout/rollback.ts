import {
  type DeployPlan,
  type Environment,
  type ReleaseRecord,
  type TaskDefinition,
  chooseRollbackRecord,
  lastGood,
  planRollback,
} from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Repository } from '../../../registry/blobs/blobs';
import { readDescriptorSecrets, readRunningState } from '../plan/plan';
import { readTaskDefinitions, withEcs } from '../ecs-port';
import { askIfPossible } from './readiness';
import { listRecords } from '../../records/records';
import { readRegistryImages } from '../../registry-images';

/** The plan of a rollback, from records and from what runs. Reads only. */
export async function planRollbackTo(
  environment: Environment,
  records: Repository,
  to: string | undefined,
  log: Log,
): Promise<{ plan: DeployPlan; record: ReleaseRecord }> {
  const all = await listRecords(records, environment.name, log);
  const running = await readRunningState(environment);
  const record = chooseRollbackRecord(all, to, running);
  const last = lastGood(all);
  const definitions = await definitionsOf(record, running.region, running.cluster);
  const known = await readRegistryImages(
    Object.values(record.services).map(({ image }) => image),
    log,
  );
  const stored = await readDescriptorSecrets(environment, running, record.bundles);
  const { mode, reload } = environment.bundles;
  const secrets = stored && { secrets: { stored, mode, reload } };
  return {
    plan: askIfPossible(
      planRollback({ environment, record, ...(last && { last }), running, definitions, registryImages: known, ...secrets }),
    ),
    record,
  };
}

async function definitionsOf(record: ReleaseRecord, region: string, cluster: string): Promise<Map<string, TaskDefinition>> {
  const revisions = [...Object.values(record.services), ...(record.exec ? [record.exec] : [])];
  const names = revisions.flatMap(({ taskDefinition }) => taskDefinition ?? []);
  return withEcs({ region, cluster }, (ecs) => readTaskDefinitions(ecs, names));
}
