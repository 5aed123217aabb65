/** @import { Service, World } from './types.d.ts' */
/**
 * Schedules one pass of the service scheduler for a service: once per reaction time, however much happens meanwhile. `world.reconcile` is the scheduler's (double.mjs sets it), so that whatever changes a service can
 * call this without importing the scheduler, which imports most of it.
 * @param {World} world
 * @param {Service} service
 */
export function reconcileSoon(world, service) {
  if (service.waiting) return;
  service.waiting = true;
  world.clock.after(world.timing.reaction, () => {
    service.waiting = false;
    world.reconcile(world, service);
  });
}
