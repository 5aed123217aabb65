import { reportUnasked, waitUntilReady } from '../../../deploy/readiness/wait';
import type { Failure } from './failure';
import { pause, type Rollout } from './rollout';

/** Waits until every bundle of the plan is ready. The failure, if one is not in time; undefined also if proc cannot be asked, which is reported. */
export async function waitForBundles(rollout: Rollout): Promise<Failure | undefined> {
  const { plan, readiness: port, clock, report, options } = rollout;
  const { readiness } = plan;
  const step = plan.services.find(({ component, kind }) => component === 'proc' && kind === 'service');
  if (!readiness || !step || readiness.bundles.length === 0) return undefined;
  const about = { service: step.service, report, restsOn: 'tasks and digests' };
  if (!port) return reportUnasked(about, 'this command has no client for it');
  const [service] = await rollout.ecs.describeServices([step.serviceName]);
  if (service?.desired === 0) return reportUnasked(about, 'it has no tasks');
  const unready = await waitUntilReady({
    ...about,
    readiness,
    ask: () => port.ask(readiness),
    clock,
    pause: (milliseconds) => pause(rollout, milliseconds),
    timeout: options.timeout,
  });
  if (!unready) return undefined;
  const unresolved = unready.code === 'rollout-unknown' ? { unresolved: { what: 'bundles' as const } } : {};
  return { step, reason: { ...unready, ...unresolved } };
}
