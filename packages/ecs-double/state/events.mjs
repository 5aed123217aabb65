// A service's events: newest first, at most 100, and the same message is not repeated while its cause lasts.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages.html: "we only show the 100 most recent events and duplicate event
// messages are omitted until either the cause is resolved or six hours passes."
import { seconds } from './names.mjs';

/** @import { Service, Task, World } from './types.d.ts' */

const MAX_EVENTS = 100;
const SIX_HOURS = 6 * 3600 * 1000;

/**
 * `text` follows "(service name) ". With `cause`, the message is sent once until clearCause.
 * @param {World} world
 * @param {Service} service
 * @param {string} text
 * @param {{ cause?: string }} [options]
 */
export function addEvent(world, service, text, { cause } = {}) {
  const now = world.clock.now();
  if (cause && !world.quirks.repeatEvents) {
    const sentAt = service.causes.get(cause);
    if (sentAt !== undefined && now - sentAt < SIX_HOURS) return;
    service.causes.set(cause, now);
  }
  service.events.unshift({ id: world.ids.uuid(), createdAt: seconds(now), message: `(service ${service.name}) ${text}` });
  service.events.length = Math.min(service.events.length, MAX_EVENTS);
}

/**
 * The causes that begin with this are gone.
 * @param {Service} service
 * @param {string} beginning
 */
export function clearCause(service, beginning) {
  for (const cause of [...service.causes.keys()]) if (cause.startsWith(beginning)) service.causes.delete(cause);
}

/** @param {Task[]} tasks */
export function listed(tasks) {
  return tasks.map((task) => `(task ${task.id})`).join(' ');
}
