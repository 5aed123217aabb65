import type { DeployPlan, Environment, ReleaseRecord, TaskDefinition } from '@kdcube/release/internal';
import { chooseRecord, lastGood, planRollback } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Repository } from '../../../registry/blobs';
import { whatRuns } from '../plan/plan';
import { openEcs } from '../ecs-port';
import { listRecords } from '../records/records';
import { knownImages } from '../plan/running-images';

/** The plan of a way back, from records and from what runs. Reads only. */
export async function plannedRollback(
  environment: Environment,
  records: Repository,
  to: string | undefined,
  log: Log,
): Promise<{ plan: DeployPlan; record: ReleaseRecord }> {
  const all = await listRecords(records, environment.name, log);
  const running = await whatRuns(environment);
  const record = chooseRecord(all, to, running);
  const last = lastGood(all);
  const definitions = await definitionsOf(record, running.region, running.cluster);
  const known = await knownImages(
    Object.values(record.services).map(({ image }) => image),
    log,
  );
  return { plan: planRollback({ record, ...(last && { last }), running, definitions, knownImages: known }), record };
}

async function definitionsOf(record: ReleaseRecord, region: string, cluster: string): Promise<Map<string, TaskDefinition>> {
  const ecs = await openEcs({ region, cluster });
  try {
    const found = new Map<string, TaskDefinition>();
    for (const { taskDefinition } of Object.values(record.services)) {
      const definition = taskDefinition === undefined ? undefined : await ecs.definition(taskDefinition);
      if (definition) found.set(taskDefinition!, definition);
    }
    return found;
  } finally {
    ecs.close();
  }
}
