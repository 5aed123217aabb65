import type { Failure } from '../failure';
import { judgeDeployment } from './judge';
import { isTransient } from '../port/retries';
import { pause, type Rollout } from '../rollout';
import type { WatchedDeployment } from './watched-deployment';

/** Watches until all deployments have succeeded or one has failed. Returns the failure, and reports it. */
export async function watchForFailure(rollout: Rollout, deployments: readonly WatchedDeployment[]): Promise<Failure | undefined> {
  const failure = await watch(rollout, deployments);
  if (failure) {
    const { step, reason } = failure;
    rollout.report({ event: 'failed', service: step.service, code: reason.code, reason: reason.text });
  }
  return failure;
}

/** One DescribeServices per poll for all deployments. */
export async function watch(rollout: Rollout, deployments: readonly WatchedDeployment[]): Promise<Failure | undefined> {
  const { clock, options } = rollout;
  const deadline = clock.now() + options.timeout;
  const open = () => deployments.filter(({ result }) => result === undefined);
  while (open().length > 0) {
    await poll(rollout, open(), deadline);
    const failure = findFailure(deployments);
    if (failure) return failure;
    if (open().length > 0) await pause(rollout, Math.max(1_000, Math.min(pollInterval(rollout, open()), deadline - clock.now())));
  }
  return undefined;
}

function findFailure(deployments: readonly WatchedDeployment[]): Failure | undefined {
  for (const { step, result } of deployments) {
    if (result?.outcome !== 'failed') continue;
    const { reason, rolledBackTo } = result;
    return { step, reason, ...(rolledBackTo && { rolledBackTo }) };
  }
  return undefined;
}

/** Shorter while something changes, and longer the longer it takes: a task that crashes again and again changes something all the time. */
function pollInterval({ clock }: Rollout, deployments: readonly WatchedDeployment[]): number {
  const quiet = clock.now() - Math.max(...deployments.map(({ changedAt }) => changedAt));
  const elapsed = clock.now() - Math.min(...deployments.map(({ watchedSince }) => watchedSince));
  const byChange = quiet < 60_000 ? 5_000 : quiet < 180_000 ? 10_000 : 15_000;
  const byTime = elapsed < 300_000 ? 5_000 : elapsed < 900_000 ? 10_000 : 15_000;
  return Math.max(byChange, byTime);
}

/** The deployments continue while AWS does not respond: only the timeout makes it a failure. */
async function poll(rollout: Rollout, deployments: readonly WatchedDeployment[], deadline: number): Promise<void> {
  const isOverdue = rollout.clock.now() >= deadline;
  try {
    await judgeAll(rollout, deployments, isOverdue);
  } catch (error) {
    if (isOverdue || !isTransient(error)) throw error;
    for (const deployment of deployments) reportWaiting(rollout, deployment, 'AWS does not respond; trying again');
  }
}

async function judgeAll(rollout: Rollout, deployments: readonly WatchedDeployment[], isOverdue: boolean): Promise<void> {
  const services = await rollout.ecs.describeServices(deployments.map(({ step }) => step.serviceName));
  rollout.report({ event: 'polled', services });
  for (const deployment of deployments) {
    const service = services.find(({ name }) => name === deployment.step.serviceName);
    const waitingFor = await judgeDeployment(rollout, deployment, service, isOverdue);
    if (waitingFor !== undefined) reportWaiting(rollout, deployment, waitingFor);
    if (deployment.result) rollout.progress.inFlight.delete(deployment.step.service);
  }
}

/** Nothing is silent for longer than this. Milliseconds. */
const SILENCE_MS = 15_000;

function reportWaiting({ clock, report }: Rollout, deployment: WatchedDeployment, text: string): void {
  if (clock.now() - deployment.reportedAt < SILENCE_MS) return;
  deployment.reportedAt = clock.now();
  report({ event: 'waiting', service: deployment.step.service, text });
}
