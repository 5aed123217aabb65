import type { DeployPlan } from '../../../deploy/deploy-plan';
import type { ReleaseRecord } from '../../../deploy/record';
import { KdcubeError } from '../../../problem/problem';
import { recordedSecrets } from './detect-change';
import { planSecrets } from './plan-secrets';
import type { StoredDescriptor } from './stored-descriptor';

interface RollbackSecretsInput {
  record: ReleaseRecord;
  /** The last record. */
  last?: ReleaseRecord;
  secrets?: { stored: StoredDescriptor; mode: 'baked' | 'git'; reload: boolean };
}

/** The descriptor of the record, written to Secrets Manager; undefined if the environment has it elsewhere. */
export function planRollbackSecrets({ record, last, secrets }: RollbackSecretsInput): DeployPlan['descriptor'] | undefined {
  if (!secrets) return undefined;
  const desired = recordedSecrets(record);
  if (!desired)
    throw new KdcubeError({
      code: 'record-mismatch',
      message: `The record of ${record.release} has no bundle descriptor, so a rollback cannot restore it in Secrets Manager.`,
      hint: `nx run release:deploy-ecs:${record.environment}    of the workspace at that release`,
    });
  const recorded = recordedSecrets(last);
  // Whether an id is reserved is a question of the platform's version, which a record does not tell: the platform's own admin bundle is.
  const isReserved = (id: string) => id === 'kdcube.admin';
  const planned = planSecrets({ ...secrets, desired, ...(recorded && { recorded }), isReserved });
  // Its record tells nothing about what was loaded since then.
  const loaded = { ...planned, reload: secrets.reload };
  return { changed: planned.writes.length > 0, after: record.descriptor, force: false, secrets: loaded };
}
