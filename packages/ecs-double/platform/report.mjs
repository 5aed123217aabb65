// Whether every bundle in the registry is in the running images. This must hold after every rollout.
import { environmentOf } from '../state/containers.mjs';
import { serviceRole, truthy } from './environment.mjs';

/** @import { BundleEntry, RegistryState, Task, World } from '../state/types.d.ts' */

/**
 * { bundles, default, gateway, force, running: [{ task, service, image, has }], missing: [{ task, id, folder }], subset }
 * `has` lists the folders (or ids) in the image, from the scenario's `images`; without an entry the image is not checked.
 * @param {World} world
 * @param {RegistryState} state
 */
export function reportRegistry(world, state) {
  const running = [];
  for (const task of world.tasks.values()) {
    if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') continue;
    for (const container of task.containers) {
      const env = environmentOf(task, container.name);
      if (serviceRole(container.name, env) !== 'proc' || container.lastStatus !== 'RUNNING') continue;
      running.push({
        task: task.id,
        service: task.service?.name,
        image: container.image,
        has: container.bundles,
        loaded: container.loaded,
        force: truthy(env.BUNDLES_FORCE_ENV_ON_STARTUP),
      });
    }
  }
  const wanted = Object.entries(state.bundles).filter(([, entry]) => !entry.example);
  const missing = running.flatMap(({ task, has }) =>
    wanted
      .filter(([id, entry]) => has && !has.includes(id) && !has.includes(folderOf(entry)))
      .map(([id, entry]) => ({ task, id, folder: folderOf(entry) })),
  );
  return {
    bundles: state.bundles,
    default: state.default,
    gateway: state.gateway,
    force: running.some(({ force }) => force),
    running,
    missing,
    subset: missing.length === 0,
    history: state.history,
  };
}

/**
 * path "/bundles" with module "folder.entrypoint", or path "/bundles/folder".
 * @param {BundleEntry} entry
 */
function folderOf(entry) {
  const below = /^\/bundles\/(.+)$/.exec(entry.path ?? '')?.[1];
  return below ?? (entry.module ?? '').split('.')[0];
}
