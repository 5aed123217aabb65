import { forcedService, requiredForceFlags } from '../../../deploy/registry-step';
import { KdcubeError } from '../../../problem/problem';
import type { ComposeStep } from '../plan/compose-plan';
import type { HostRelease } from '../plan/host-release';
import { forcedHash, forcedText } from '../render/render-release';
import type { Failure } from './failure';
import type { Recovery } from './outcome';
import type { ComposeRollout } from './rollout';
import { waitForServices } from './wait';

/** Takes every updated service back to the previous release, the last one first. A service that ran without a deploy before gets what the compose file says; a new one is removed. */
export async function rollBack(rollout: ComposeRollout): Promise<Recovery> {
  const recovery: Recovery = { rolledBack: [], failed: [] };
  // Ctrl-C must not leave a rollback half-way.
  const { stop: _, ...options } = rollout.options;
  const uninterrupted = { ...rollout, options };
  await restoreConfigFiles(rollout, recovery);
  for (const step of [...rollout.progress.updated].reverse()) {
    if (step.kind === 'task') continue;
    const failure = await rollBackService(uninterrupted, step).catch((error: unknown) => failureOf(step, error));
    if (failure) recovery.failed.push(failure);
    else recovery.rolledBack.push(step.service);
  }
  return recovery;
}

/** Before the services: they read them as they start. */
async function restoreConfigFiles({ host, progress }: ComposeRollout, { failed }: Recovery): Promise<void> {
  for (const [path, content] of progress.configBefore)
    await host.writeFile(path, content).catch((error: unknown) => void failed.push(failureOf({ service: path }, error)));
}

async function rollBackService(rollout: ComposeRollout, step: ComposeStep): Promise<Failure | undefined> {
  const { host, report, previous, plan } = rollout;
  const { service, serviceName } = step;
  const before = previous?.content.services[service];
  if (before && previous) {
    report({ event: 'note', text: `rolling back ${service} to ${previous.release}` });
    return startPrevious(rollout, step, previous);
  }
  const had = plan.baseline[serviceName] ?? [];
  if (had.length === 0) {
    report({ event: 'note', text: `removing ${service}, which did not run before` });
    await host.remove(serviceName);
    return undefined;
  }
  report({ event: 'note', text: `rolling back ${service} to what ${plan.file} says` });
  await host.up(serviceName, undefined);
  return waitForServices(rollout, [{ service, serviceName, kind: 'service', count: had.length }]);
}

/** If Redis was overwritten, the previous release has to overwrite it again, before it starts without the FORCE flags. */
async function startPrevious(rollout: ComposeRollout, step: ComposeStep, previous: HostRelease): Promise<Failure | undefined> {
  const { service, serviceName } = step;
  const { hash, desiredCount } = previous.content.services[service]!;
  const awaited = { service, serviceName, kind: 'service' as const, count: desiredCount };
  if (step === forcedService(rollout.plan)) {
    await rollout.host.up(serviceName, previous, forcedText(serviceName, hash, requiredForceFlags(rollout.plan)));
    const failure = await waitForServices(rollout, [{ ...awaited, hash: forcedHash(hash) }]);
    if (failure) return failure;
  }
  await rollout.host.up(serviceName, previous);
  return waitForServices(rollout, [{ ...awaited, hash }]);
}

export function failureOf({ service }: { service: string }, error: unknown): Failure {
  if (!(error instanceof KdcubeError)) throw error;
  const { code, message } = error.problems[0]!;
  return { service, code, reason: message, lines: [] };
}
