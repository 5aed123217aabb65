import type { ServiceState } from '../port/port';
import type { Rollout } from '../rollout';
import type { WatchedDeployment } from './watched-deployment';

/** Records a read of the service, and reports its new events. */
export function recordProgress({ clock, report }: Rollout, deployment: WatchedDeployment, service: ServiceState): void {
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
  if (fingerprint !== deployment.fingerprint || events.length > 0) {
    deployment.changedAt = clock.now();
    deployment.stopped.isReadDue = true;
  }
  if (events.length > 0) deployment.reportedAt = clock.now();
  deployment.fingerprint = fingerprint;
}
