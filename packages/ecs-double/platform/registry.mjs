// The platform's bundle registry and the gateway's configuration in Redis. They live outside the tasks: a rollback leaves them as they are.
//
// The rules, each with where it comes from ("seed": the platform's CI/CD document; "loader": what the platform's own loader does, as it was run):
//   1. A registry that is stored and not empty beats the environment; the environment is used when it is missing or empty.     loader, load_registry
//   2. BUNDLES_FORCE_ENV_ON_STARTUP=1 replaces it, on proc only.                          seed, "Bundle runtime toggles"; loader, force_env_reset_if_requested
//   3. A force takes a lock with a time to live (BUNDLES_FORCE_ENV_LOCK_TTL_SECONDS, 60): in the seed era the lock is never released, so a second force
//      within it does nothing; later platforms release it.                                                                  loader, ENV_SYNC_LOCK
//   4. Ingress loads the registry in the same way, and with examples on (BUNDLES_INCLUDE_EXAMPLES, default 1) it saves them into an empty registry:
//      whichever of the two starts first seeds it.                                                                          loader, load_registry
//   5. One entry without path or repo empties the whole registry in memory; what is stored stays.                          loader, set_registry raises, and is caught
//   6. Only the map form counts inline: a list, or "items", is an error under force (nothing is stored) and is empty otherwise.   loader, _load_env_json
//   7. An unknown default is kdcube.admin; without a default it is the first entry.                                        loader
//   8. Platforms from 2026-04-19 on (era "head") do not read AGENTIC_BUNDLES_JSON at all.                                  loader
//   9. A platform that reads its bundles from Secrets Manager: aws-sm.mjs.
//  10. The gateway's copy in Redis beats GATEWAY_CONFIG_JSON, but for GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP=1.                 gateway's configuration, current key
import { readsSecrets, startFromSecrets } from './aws-sm.mjs';
import { readDescriptor } from './descriptor.mjs';
import { serviceRole, truthy } from './environment.mjs';
import { reportRegistry } from './report.mjs';

/** @import { BundleEntry, Container, Environment, RegistryStart, RegistryState, Task, World } from '../state/types.d.ts' */

const EXAMPLES = {
  'kdcube.admin': { id: 'kdcube.admin', path: '/app', example: true },
  'react@2026-02-10-02-44': { id: 'react@2026-02-10-02-44', path: '/app', example: true },
};

/**
 * `given`: { era?: "seed" | "head", bundles?, default?, gateway? }: what Redis holds in the beginning.
 * @param {RegistryStart} [given]
 */
export function makeRegistry(given = {}) {
  const era = given.era ?? 'seed';
  /** @type {RegistryState} */
  const state = {
    bundles: given.bundles ?? {},
    default: given.default,
    gateway: { ...given.gateway },
    lockedUntil: 0,
    history: [],
  };

  /**
   * @param {World} world
   * @param {Task} task
   * @param {Container} container
   * @param {Environment} env
   */
  function containerStarted(world, task, container, env) {
    const now = world.clock.now();
    /** @param {string} what */
    const note = (what) =>
      state.history.push({ at: now, task: task.id, container: container.name, image: container.image, what });
    loadGateway(env, note);
    const role = serviceRole(container.name, env);
    if (role === 'proc' && readsSecrets(env)) {
      const exit = startFromSecrets(world, task, container, { env, state, note });
      if (exit) task.ends = exit;
      else container.loaded = loaded(env, note);
      return;
    }
    if (role === undefined || era === 'head') return;
    const force = role === 'proc' && truthy(env.BUNDLES_FORCE_ENV_ON_STARTUP);
    if (force && now >= state.lockedUntil) {
      state.lockedUntil = now + Number(env.BUNDLES_FORCE_ENV_LOCK_TTL_SECONDS ?? 60) * 1000;
      const read = readDescriptor(env.AGENTIC_BUNDLES_JSON);
      if (read.error || Object.keys(read.bundles).length === 0)
        note(`force failed: ${read.error ?? 'the descriptor has no bundles'}`);
      else store(read, note, 'forced');
    } else if (force) note('force did nothing: the lock of an earlier one');
    if (Object.keys(state.bundles).length === 0) seed(env, note);
    container.loaded = loaded(env, note);
  }

  /**
   * Rules 1 and 4.
   * @param {Environment} env
   * @param {(what: string) => void} note
   */
  function seed(env, note) {
    const read = readDescriptor(env.AGENTIC_BUNDLES_JSON);
    const bundles = { ...(examplesOn(env) ? EXAMPLES : {}), ...read.bundles };
    if (Object.keys(bundles).length > 0) store({ bundles, default: read.default }, note, 'seeded');
  }

  /**
   * @param {{ bundles: Record<string, BundleEntry>, default?: string }} read
   * @param {(what: string) => void} note
   * @param {string} how
   */
  function store(read, note, how) {
    state.bundles = read.bundles;
    const ids = Object.keys(read.bundles);
    state.default = read.default === undefined ? ids[0] : ids.includes(read.default) ? read.default : 'kdcube.admin';
    note(`${how}: ${ids.join(', ')}`);
  }

  /**
   * What a process has in memory: the stored entries, with the examples where they are on (rules 4 and 5).
   * @param {Environment} env
   * @param {(what: string) => void} note
   */
  function loaded(env, note) {
    const broken = Object.entries(state.bundles).find(([, entry]) => !entry.path && !entry.repo);
    if (broken) {
      note(`registry is empty in memory: ${broken[0]} has neither path nor repo`);
      return [];
    }
    return Object.keys({ ...(examplesOn(env) ? EXAMPLES : {}), ...state.bundles });
  }

  /**
   * Rule 10. The key is <tenant>:<project>:kdcube:config:gateway:current.
   * @param {Environment} env
   * @param {(what: string) => void} note
   */
  function loadGateway(env, note) {
    if (env.GATEWAY_CONFIG_JSON === undefined) return;
    let config;
    try {
      config = JSON.parse(env.GATEWAY_CONFIG_JSON);
    } catch {
      return;
    }
    const key = `${config.tenant_id ?? config.tenant}:${config.project_id ?? config.project}:kdcube:config:gateway:current`;
    if (state.gateway[key] !== undefined && !truthy(env.GATEWAY_CONFIG_FORCE_ENV_ON_STARTUP)) return;
    if (state.gateway[key] !== env.GATEWAY_CONFIG_JSON) note(`gateway: ${key}`);
    state.gateway[key] = env.GATEWAY_CONFIG_JSON;
  }

  return {
    containerStarted,
    state,
    /** Somebody with a Redis client: the admin's edits. */
    set: (/** @type {Partial<RegistryState>} */ change) => void Object.assign(state, change),
    report: (/** @type {World} */ world) => reportRegistry(world, state),
  };
}

/** @param {Environment} env */
function examplesOn(env) {
  return env.BUNDLES_INCLUDE_EXAMPLES === undefined || truthy(env.BUNDLES_INCLUDE_EXAMPLES);
}
