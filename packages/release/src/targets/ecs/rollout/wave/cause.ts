import type { ServiceEvent } from '../port/port';
import { failureSignature, isPermanent } from '../verdict/permanent';
import { findEventReason, findReason, type Reason } from '../verdict/reason';
import { sentence } from './text';
import type { RepeatedFailure, WatchedDeployment } from './watched-deployment';

/** Why the tasks of a deployment do not come up, by its stopped tasks and its events. */
export function findCause(deployment: WatchedDeployment): Reason | undefined {
  return findReason([...deployment.stopped.tasks.values()], eventsOf(deployment));
}

function eventsOf({ service, ours }: WatchedDeployment): ServiceEvent[] {
  return (service?.events ?? []).filter(({ at }) => at >= ours.startedAt - 1000);
}

/** So many identical failures that cannot heal end the wait. */
const IDENTICAL_FAILURES = 3;
/** The circuit breaker of ECS ends the deployment itself; it may wait for half of the desired count. */
const WITH_CIRCUIT_BREAKER = 10;
/** No task is even created: ECS does not repeat its event, so the time decides. Milliseconds. */
const UNCHANGED_FOR = 300_000;

/** The failure because of which no task of the deployment will ever come up, whatever is waited for. */
export function findPermanentFailure(deployment: WatchedDeployment, now: number): Reason | undefined {
  const primary = deployment.service?.deployments.find(({ id }) => id === deployment.ours.id);
  if (!primary || primary.running > 0) return undefined;
  const isCounted = deployment.service!.hasCircuitBreaker && primary.failed > 0;
  const limit = isCounted ? Math.max(WITH_CIRCUIT_BREAKER, primary.desired) : IDENTICAL_FAILURES;
  const [failure] = [...deployment.stopped.failures.values()].filter(({ reason }) => isPermanent(reason));
  if (failure && failure.count >= limit) return withoutWaiting(failure);
  if (deployment.stopped.failures.size > 0) return undefined;
  const [event] = eventsOf(deployment).filter(({ message }) => isPermanentEvent(message));
  if (!event) return undefined;
  const isOver = primary.failed >= limit || (!isCounted && now - event.at >= UNCHANGED_FOR);
  return isOver ? withoutWaiting({ reason: findEventReason(event.message)!, count: primary.failed }) : undefined;
}

function isPermanentEvent(message: string): boolean {
  const reason = findEventReason(message);
  return reason !== undefined && isPermanent(reason);
}

function withoutWaiting({ reason, count }: RepeatedFailure): Reason {
  const times = count > 1 ? ` ${count} tasks failed for this reason, and` : '';
  const text = `${sentence(reason.text)}${times === '' ? ' This' : `${times} it`} cannot heal on its own: not waiting any longer.`;
  return { ...reason, text };
}

/** How many tasks failed as the one that explains the failure. */
export function repetition({ stopped }: WatchedDeployment, cause: Reason | undefined): string[] {
  const found = cause && stopped.failures.get(failureSignature(cause));
  return found && found.count > 1 ? [`${found.count} tasks stopped for this reason.`] : [];
}
