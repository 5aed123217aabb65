import type { ServiceStep } from '../../../deploy/deploy-plan';
import type { Failure } from '../rollout/failure';
import type { ServiceState } from '../rollout/port/port';
import type { Rollout } from '../rollout/rollout';
import { runTask } from '../rollout/wave/task';
import { NOT_STARTED, reloadCommand } from './reload-command';

/** The service whose tasks load the list of bundles, if the plan reloads it. */
export function reloadedStep({ plan }: Pick<Rollout, 'plan'>): ServiceStep | undefined {
  if (plan.descriptor.secrets?.reload !== true) return undefined;
  return plan.services.find(({ component, kind }) => component === 'proc' && kind === 'service');
}

/** The running tasks load the new list of bundles. Returns why they may not have. */
export async function reloadBundles(rollout: Rollout, services: readonly ServiceState[]): Promise<Failure | undefined> {
  const step = reloadedStep(rollout);
  if (!step) return undefined;
  rollout.progress.secrets.reload = 'started';
  const failure = await publishReload(rollout, step, services, plannedBundles(rollout));
  if (failure) {
    const exit = failure.reason.task?.containers.find(({ name }) => name === step.container)?.exitCode;
    // The running tasks have what they had, and a reload of the previous list would fail the same way.
    if (exit === NOT_STARTED) rollout.progress.secrets.reload = 'none';
    return failure;
  }
  rollout.progress.secrets.reload = 'done';
  rollout.report({ event: 'note', text: `${step.service}: all running tasks have the new list of bundles` });
  return undefined;
}

/** After a rollback: the running tasks load the previous list again, with a one-off task of the revision that the service runs now. */
export async function reloadPrevious(rollout: Rollout, services: readonly ServiceState[]): Promise<Failure | undefined> {
  const step = reloadedStep(rollout);
  const service = services.find(({ name }) => name === step?.serviceName);
  if (!step || !service) return undefined;
  return publishReload(rollout, { ...step, digests: [] }, services, [], service.taskDefinition);
}

/** Runs a one-off task of proc that loads the list from Secrets Manager into Redis and publishes the change to all tasks, as the platform's own admin route does. `bundles`: the ids that the platform must find. */
async function publishReload(
  rollout: Rollout,
  step: ServiceStep,
  services: readonly ServiceState[],
  bundles: readonly string[],
  taskDefinition?: string,
): Promise<Failure | undefined> {
  const replicas = services.find(({ name }) => name === step.serviceName)?.running ?? 0;
  const command = reloadCommand({ prefix: rollout.plan.descriptor.secrets!.prefix, bundles, replicas });
  const options = { purpose: 'kdcube-reload', command, repeats: true, ...(taskDefinition !== undefined && { taskDefinition }) };
  const reason = await runTask(rollout, { ...step, kind: 'task' }, services, options);
  return reason && { step, reason: { ...reason, code: reason.code === 'task-failed' ? 'reload-failed' : reason.code } };
}

/** The ids in the list that the plan writes; of a plan that only changes bundles, those; of a plan that writes nothing, all of the release. */
function plannedBundles({ plan }: Rollout): string[] {
  const { writes = [], added = [], changed = [] } = plan.descriptor.secrets ?? {};
  if (writes.length === 0) return plan.bundles.flatMap(({ after }) => after?.id ?? []);
  const ids = writes.find(({ bundle }) => bundle === undefined)?.content.bundle_ids;
  return Array.isArray(ids) ? ids.map(String) : [...added, ...changed];
}
