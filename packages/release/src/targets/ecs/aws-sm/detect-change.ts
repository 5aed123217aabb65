import { describeSecretChanges, type DescriptorSecrets } from '../../../deploy/descriptor-secrets';
import { descriptorForRecord } from '../../../deploy/normalize-descriptor';
import type { ReleaseRecord } from '../../../deploy/record';
import { isDocument, secretsDescriptor, type SecretsDescriptor } from '../../../descriptor/aws-sm';
import { reservedBecause } from '../../../platform/generation';
import type { DeployInput } from '../plan/deploy-input';
import type { DescriptorChange } from '../plan/redis-changes';
import { runningService } from '../plan/running-service';
import { planSecrets } from './plan-secrets';
import type { StoredDescriptor } from './stored-descriptor';

/**
 * A restart does not help: with its list of bundles in Secrets Manager the platform starts from its copy in Redis, and skips the FORCE flag (bundle_store.py, `load_registry` and `force_env_reset_if_requested`).
 */
const NOT_RELOADED =
  'Running tasks and new ones use their copy in Redis until it is reloaded: Bundle Admin of the platform, or POST /admin/integrations/bundles/reload-authority as a super-admin.';

const MAY_BE_UNLOADED =
  'Secrets Manager already has this list of bundles, but an earlier run may have ended before the running tasks loaded it.';

/** What changes in the bundle descriptor in Secrets Manager. */
export function detectSecretsChange(
  input: DeployInput,
  stored: StoredDescriptor,
): DescriptorChange & { secrets: DescriptorSecrets } {
  const { descriptor, environment, release, running, record } = input;
  const proc = environment.services.find(({ component, target }) => component === 'proc' && target === 'ecs');
  const runs = proc !== undefined && runningService(proc, running) !== undefined;
  const secrets = planSecrets({
    stored,
    desired: secretsDescriptor(descriptor.descriptor),
    recorded: recordedSecrets(record),
    mode: descriptor.mode,
    isReserved: (id) => reservedBecause(id, release.generation, true) !== undefined,
    reload: environment.bundles.reload && runs,
  });
  const changed = secrets.writes.length > 0;
  return {
    changed,
    force: false,
    unknown: false,
    after: descriptorForRecord(descriptor),
    secrets,
    notes: describeSecrets(secrets, proc?.name ?? 'proc'),
  };
}

/** For the reader of the plan. */
export function describeSecrets(secrets: DescriptorSecrets, proc: string): string[] {
  const { writes, reload, foreign } = secrets;
  const isFirst = writes.some(({ bundle, from }) => bundle === undefined && from === undefined);
  return [
    ...(writes.length > 0 || foreign.length > 0 ? [describeSecretChanges(secrets)] : []),
    ...(writes.length === 0 && foreign.length > 0
      ? [
          `In the list, but neither in this release nor in the last recorded one: ${foreign.join(', ')}. They stay until the list changes; to keep them, add them to release.yaml.`,
        ]
      : []),
    ...(reload && writes.length === 0 ? [MAY_BE_UNLOADED] : []),
    ...(reload
      ? [`${proc} reloads the list of bundles: no task restarts for it. A one-off task publishes the change to them.`]
      : []),
    ...(writes.length > 0 && !reload && !isFirst ? [NOT_RELOADED] : []),
  ];
}

/** The descriptor of a record; undefined if it has none. */
export function recordedSecrets(record: Pick<ReleaseRecord, 'descriptor'> | undefined): SecretsDescriptor | undefined {
  try {
    const value: unknown = JSON.parse(record?.descriptor ?? '');
    return isDocument(value) ? secretsDescriptor(value) : undefined;
  } catch {
    return undefined;
  }
}

/** What is stored, in the form of AGENTIC_BUNDLES_JSON: the versions of the bundles that run are read from it. */
export function storedText({ meta, bundles }: StoredDescriptor): string {
  const entries = [...bundles].map(([id, { value }]) => [id, { ...value, id }]);
  return JSON.stringify({ default_bundle_id: meta?.value.default_bundle_id, bundles: Object.fromEntries(entries) });
}
