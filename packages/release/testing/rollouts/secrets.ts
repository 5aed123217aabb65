import { secretsDescriptor, type Document } from '../../src/descriptor/aws-sm';
import type { DeployPlan } from '../../src/internal';
import { planSecrets } from '../../src/targets/ecs/aws-sm/plan-secrets';
import type { StoredDescriptor } from '../../src/targets/ecs/aws-sm/stored-descriptor';
import { definition, OLD, SERVICES, type EcsDouble } from './kit';

/** The environment of the rollouts, with its bundle descriptor in Secrets Manager. */
export const PREFIX = 'kdcube/acme/one';
const META = 'bundles-meta';
/** `bundles/<id>/descriptor` */
export const secretOf = (id: string) => `bundles/${id}/descriptor`;
export const entry = (id: string, more: object = {}) => ({ path: '/bundles', module: `${id}.entrypoint`, ...more });
export const list = (...ids: string[]) => ({ default_bundle_id: ids[0], bundle_ids: ids });

/** What Secrets Manager has at first, by the name of the secret. */
export const BEFORE: Record<string, object> = {
  [META]: list('old_bundle'),
  [secretOf('old_bundle')]: entry('old_bundle', { singleton: false, props: { limit: 3 } }),
};
/** What the release wants. */
export const AFTER = { old_bundle: entry('old_bundle', { description: 'renamed' }), new_bundle: entry('new_bundle') };

/** What a deploy writes: the release has the two bundles; the settings that were stored are kept. */
export const WRITTEN = {
  [META]: list('old_bundle', 'new_bundle'),
  [secretOf('old_bundle')]: { ...AFTER.old_bundle, props: { limit: 3 } },
  [secretOf('new_bundle')]: AFTER.new_bundle,
};
/** What a rollback leaves: the secret of a bundle that nothing lists stays. */
export const RESTORED = { ...BEFORE, [secretOf('new_bundle')]: AFTER.new_bundle };

/** A version id that a test can name. */
const versionOf = (name: string) => `${name.replace(/\W/g, '-')}-`.padEnd(40, '0');

/** The old revisions: proc reads its bundles from Secrets Manager. */
export const SECRET_DEFINITIONS = SERVICES.map((name) => fromSecrets(definition(name, OLD)));

/** The scenario: proc reads its bundles from Secrets Manager. */
export function secretsScenario(secrets: Record<string, object> = BEFORE, more: object = {}): object {
  const entries = Object.entries(secrets).map(([name, value]) => [`${PREFIX}/${name}`, { value, version: versionOf(name) }]);
  return {
    taskDefinitions: SECRET_DEFINITIONS,
    registry: { era: 'head' },
    // Both images have both bundles.
    images: bothBundles(),
    secrets: Object.fromEntries(entries),
    ...more,
  };
}

function bothBundles(): object {
  const digests = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);
  return Object.fromEntries(digests.map((digest) => [digest, { digest, bundles: ['old_bundle', 'new_bundle'] }]));
}

function fromSecrets<T extends { containerDefinitions: { environment: { name: string; value: string }[] }[] }>(made: T): T {
  const containerDefinitions = made.containerDefinitions.map((container) => ({
    ...container,
    environment: container.environment.map((each) =>
      each.name === 'AGENTIC_BUNDLES_JSON' ? { name: 'BUNDLES_DESCRIPTOR_PROVIDER', value: 'aws-sm' } : each,
    ),
  }));
  return { ...made, containerDefinitions };
}

interface Wanted {
  /** What was read when the plan was made. */
  secrets?: Record<string, object>;
  /** The same as it was read from the double. */
  stored?: StoredDescriptor;
  desired?: Record<string, object>;
  recorded?: Record<string, object>;
  reload?: boolean;
}

/** The plan of a row, with its descriptor in Secrets Manager. */
export function planned({ secrets = BEFORE, stored, desired = AFTER, recorded, reload = true }: Wanted = {}) {
  return (plan: DeployPlan): DeployPlan => {
    const changes = planSecrets({
      stored: stored ?? storedOf(secrets),
      desired: descriptorOf(desired),
      ...(recorded && { recorded: descriptorOf(recorded) }),
      mode: 'baked',
      isReserved: () => false,
      reload,
    });
    const services = plan.services.map((step) => {
      const { register } = step.taskDefinition;
      const made = register && (fromSecrets(register as never) as Record<string, unknown>);
      return made ? { ...step, taskDefinition: { ...step.taskDefinition, register: made } } : step;
    });
    return { ...plan, services, descriptor: { changed: changes.writes.length > 0, after: '{}', force: false, secrets: changes } };
  };
}

function descriptorOf(bundles: Record<string, object>) {
  const items = Object.entries(bundles).map(([id, value]) => ({ id, ...value }));
  return secretsDescriptor({ bundles: { default_bundle_id: items[0]?.id, items } });
}

function storedOf(secrets: Record<string, object>): StoredDescriptor {
  const stored = (name: string) => ({ version: versionOf(name), value: secrets[name] as Document });
  const ids = Object.keys(secrets).flatMap((name) => /^bundles\/(.+)\/descriptor$/.exec(name)?.[1] ?? []);
  return {
    prefix: PREFIX,
    ...(secrets[META] && { meta: stored(META) }),
    bundles: new Map(ids.map((id) => [id, stored(secretOf(id))])),
  };
}

/** Another person writes a secret. */
export function overwrite(double: EcsDouble, name: string, value: object): Promise<unknown> {
  return double.as('PutSecretValue', { SecretId: `${PREFIX}/${name}`, SecretString: JSON.stringify(value) }, 'secretsmanager');
}
