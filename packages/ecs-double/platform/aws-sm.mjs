// The bundle registry of a platform that keeps it in Secrets Manager. The rules are those of kdcube/kdcube 0a2b187f1, infra/plugin/bundle_store.py:
//   1. What Redis holds wins; Secrets Manager is read only if Redis has no bundles.                                     load_registry
//   2. The FORCE flag has no effect.                                                                                   force_env_reset_if_requested
//   3. A reload overwrites Redis, and tells every worker of proc.                                                      reload_registry_from_authority, _config_listener_loop
//   4. Without a list the store is empty; a bundle without a readable document is left out.                            _AwsBundleDescriptorStore.load_registry
import { secretValue } from '../neighbors/secrets-manager.mjs';

/** @import { BundleEntry, Container, Environment, Exit, RegistryState, Task, World } from '../state/types.d.ts' */

/** @param {Environment} env */
export function readsSecrets(env) {
  return env.BUNDLES_DESCRIPTOR_PROVIDER === 'aws-sm';
}

/**
 * What a one-off task of proc that reloads ends with; undefined for a task that serves.
 * @param {World} world
 * @param {Task} task
 * @param {Container} container
 * @param {{ env: Environment, state: RegistryState, note: (what: string) => void }} options
 * @returns {Exit | undefined}
 */
export function startFromSecrets(world, task, container, { env, state, note }) {
  const command = task.overrides.containerOverrides?.find(({ name }) => name === container.name)?.command ?? [];
  const reloads = command.some((part) => part.includes('reload_registry_from_authority'));
  if (!reloads && Object.keys(state.bundles).length > 0) return undefined;
  const read = load(world, env);
  if (reloads && !read)
    return { code: 1, after: 2, lines: ['ValueError: The authoritative bundle store is empty or not initialized.'] };
  if (read) Object.assign(state, { bundles: read.bundles, default: read.default });
  if (!reloads) return undefined;
  const ids = Object.keys(state.bundles);
  note(`reloaded: ${ids.join(', ')}`);
  const [wanted, replicas] = [JSON.parse(command.at(-2) ?? '[]'), Number(command.at(-1))];
  const missing = wanted.filter((/** @type {string} */ id) => !ids.includes(id));
  if (missing.length > 0)
    return { code: 4, after: 2, lines: [`kdcube-reload: the platform does not load ${missing.join(', ')}`] };
  const listeners = tellAll(world, ids);
  const text = `${listeners} listeners for ${replicas} tasks`;
  if (listeners < replicas) return { code: 3, after: 2, lines: [`kdcube-reload: ${text}: not every task was told`] };
  return { code: 0, after: 2, lines: [`kdcube-reload: ${ids.length} bundles, ${text}`] };
}

/**
 * @param {World} world
 * @param {Environment} env
 */
function load(world, env) {
  const prefix = env.SECRETS_AWS_SM_PREFIX ?? 'kdcube/acme/one';
  const meta = secretValue(world, `${prefix}/bundles-meta`);
  /** @type {string[]} */
  const ids = meta?.bundle_ids ?? [];
  if (ids.length === 0) return undefined;
  /** @type {[string, BundleEntry][]} */
  const found = ids.flatMap((id) => {
    const entry = secretValue(world, `${prefix}/bundles/${id}/descriptor`);
    return entry ? [[id, { ...entry, id }]] : [];
  });
  return { bundles: Object.fromEntries(found), default: meta.default_bundle_id };
}

/**
 * @param {World} world
 * @param {string[]} ids
 */
function tellAll(world, ids) {
  const serving = [...world.tasks.values()].filter(({ service, lastStatus, definition }) => {
    return service !== undefined && lastStatus === 'RUNNING' && /proc/.test(definition.family);
  });
  for (const { containers } of serving) for (const container of containers) container.loaded = ids;
  return serving.length;
}
