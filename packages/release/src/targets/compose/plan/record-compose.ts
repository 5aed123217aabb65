import type { ReleaseRecord } from '../../../deploy/record';
import type { ComposeOutcome } from '../rollout/outcome';
import type { ComposePlan } from './compose-plan';

/** The record of a finished attempt on a host: what was pinned, and how it ended. */
export function recordCompose(
  { environment, release, commit, platform, content }: ComposePlan,
  { verdict, problem, startedAt, endedAt }: Pick<ComposeOutcome, 'verdict' | 'problem' | 'startedAt' | 'endedAt'>,
): Omit<ReleaseRecord, 'attempt'> {
  const services = Object.entries(content.services).map(([service, { component, serviceName, image, desiredCount }]) => [
    service,
    { component, serviceName, image, digest: digestOf(image), desiredCount },
  ]);
  return {
    record: 2,
    environment,
    release,
    verdict,
    reason: problem?.problems[0]?.message.split('\n')[0] ?? '',
    startedAt: new Date(startedAt).toISOString(),
    endedAt: new Date(endedAt).toISOString(),
    ...(commit !== undefined && { commit }),
    ...(platform && { platform }),
    services: Object.fromEntries(services) as ReleaseRecord['services'],
    ...(content.exec && { exec: { image: content.exec.image, digest: digestOf(content.exec.image) } }),
    bundles: content.bundles,
    descriptor: content.descriptor,
  };
}

/** Images are rendered by digest only. */
function digestOf(image: string): string {
  return image.slice(image.indexOf('@') + 1);
}
