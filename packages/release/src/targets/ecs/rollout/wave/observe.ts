import { taskId } from '../../../../deploy/short-names';
import type { ServiceState } from '../port';
import type { Rollout } from '../rollout';
import { withLog } from './task-log';
import { listStoppedTasks } from './timeout';
import { findReason } from '../verdict/reason';
import type { WatchedDeployment } from './watched-deployment';

/** Records a read of the service, and reports its new events. Returns whether anything has changed. */
export function recordProgress({ clock, report }: Rollout, deployment: WatchedDeployment, service: ServiceState): boolean {
  const { ours, step, reportedEvents } = deployment;
  deployment.service = service;
  const events = service.events.filter(({ id, at }) => at >= ours.startedAt - 1000 && !reportedEvents.has(id)).reverse();
  for (const { id, at, message } of events) {
    reportedEvents.add(id);
    report({ event: 'service-event', service: step.service, at, message: message.replace(/^\(service [^)]*\) /, '') });
  }
  const fingerprint = JSON.stringify(
    service.deployments.map(({ id, status, rollout, running, pending, failed }) => [
      id,
      status,
      rollout,
      running,
      pending,
      failed,
    ]),
  );
  const hasChanged = fingerprint !== deployment.fingerprint || events.length > 0;
  if (hasChanged) deployment.changedAt = clock.now();
  if (events.length > 0) deployment.reportedAt = clock.now();
  deployment.fingerprint = fingerprint;
  return hasChanged;
}

/** Reports tasks of our deployment that failed. No service event tells of a container that exited: only its task does. */
export async function reportStoppedTasks(rollout: Rollout, deployment: WatchedDeployment): Promise<void> {
  const { step, ours, stoppedTasks } = deployment;
  const tasks = await listStoppedTasks(rollout, step.serviceName);
  for (const task of tasks.filter(({ startedBy }) => startedBy === ours.id)) {
    if (stoppedTasks.some(({ arn }) => arn === task.arn)) continue;
    stoppedTasks.push(task);
    const reason = findReason([task], []);
    if (!reason) continue;
    const { text, lines = [] } = await withLog(rollout, reason, step.container);
    rollout.report({ event: 'task-stopped', service: step.service, task: taskId(task.arn), reason: text, lines });
    deployment.reportedAt = rollout.clock.now();
  }
}
