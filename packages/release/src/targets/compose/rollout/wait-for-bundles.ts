import type { ReadinessAnswer } from '../../../deploy/readiness/answer';
import { reportUnasked, type Unready, waitUntilReady } from '../../../deploy/readiness/wait';
import { containersOf, type HostContainer } from '../plan/host-state';
import type { Failure } from './failure';
import { type ComposeRollout, pause } from './rollout';
import { findFault, readLogOf } from './wait';

/** Waits until every bundle of the release is ready. The failure, if one is not in time; undefined also if proc cannot be asked, which is reported. */
export async function waitForBundles(rollout: ComposeRollout): Promise<Failure | undefined> {
  const { plan, host, clock, report, options } = rollout;
  const { readiness } = plan.content;
  const step = plan.services.find(({ component, kind }) => component === 'proc' && kind === 'service');
  if (!readiness || !step || readiness.bundles.length === 0) return undefined;
  const about = { service: step.service, report, restsOn: 'containers and digests' };
  if (step.desiredCount.after === 0) return reportUnasked(about, 'it has no containers');
  const find = async () => containersOf({ containers: await host.readContainers() }, step.serviceName);
  let asked = 0;
  const ask = async (): Promise<ReadinessAnswer> => {
    const running = (await find()).filter(({ state }) => state === 'running');
    // Each container has processes of its own: they are asked in turn.
    const container = running[asked++ % running.length];
    return container ? askContainer(rollout, container, readiness.url) : { unanswered: 'its container does not run' };
  };
  // A container that this run did not start may have been restarted long ago.
  const isOurs = rollout.progress.updated.includes(step);
  const unready = await waitUntilReady({
    ...about,
    readiness,
    ask,
    ...(isOurs && { findFault: async () => faultOf(await find()) }),
    clock,
    pause: (milliseconds) => pause(rollout, milliseconds),
    timeout: options.timeout,
  });
  if (!unready) return undefined;
  const { code, text, lines } = unready;
  // The view without a credential has no errors: they are in the log.
  const all = [...lines, ...(await readLogOf(rollout, await find()))];
  report({ event: 'failed', service: step.service, code, reason: text, lines: all });
  return { service: step.service, code, reason: `${step.service}: ${text}`, lines: all };
}

function faultOf(containers: readonly HostContainer[]): Unready | undefined {
  const fault = containers.map(findFault).find((each) => each !== undefined);
  return fault && { code: fault.code, text: `while its bundles were waited for, ${fault.reason}.`, lines: [] };
}

async function askContainer({ host }: ComposeRollout, { id }: HostContainer, url: string): Promise<ReadinessAnswer> {
  const answer = await host.ask(id, url);
  // Workers of several containers may have the same process id.
  return 'unanswered' in answer ? answer : { ...answer, process: `${id.slice(0, 12)} ${answer.process ?? ''}` };
}
