import type { ReleaseRecord } from '@kdcube/release/internal';

type RecordDraft = Omit<ReleaseRecord, 'attempt'>;

/** An environment on ECS whose one service runs the image `proc` of a registry. */
export const procEnvironment = (registry: string): string => `target: ecs
registry: "${registry}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
`;

/** A successful deployment of an image of that service. `more`: what the spec is about. */
export function procRecord(
  registry: string,
  digest: string,
  time: string,
  more: Pick<RecordDraft, 'release'> & Partial<RecordDraft>,
): RecordDraft {
  const proc = { component: 'proc', serviceName: 'proc', image: `${registry}/proc@${digest}`, digest, desiredCount: 1 };
  const fixed = { record: 2 as const, verdict: 'succeeded' as const, reason: '', bundles: [], descriptor: '{}' };
  return { ...fixed, environment: 'prod', startedAt: time, endedAt: time, services: { proc }, ...more };
}
