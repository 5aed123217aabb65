import * as z from 'zod';
import { BundleContent } from '../release/receipts';
import { generations } from '../platform/generation';
import type { Release } from '../release/release';

/**
 * What a release was, in one environment: one small OCI artifact for each finished attempt, verdict included, never overwritten (HOUSE law 5). `<prefix>/releases:<environment>.<name>.<n>`.
 * Rollback, status and history read records, on any machine. They hold no secret and no value of a variable.
 */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const VERDICTS = ['succeeded', 'failed', 'rolled-back', 'superseded', 'stopped', 'unknown'] as const;

/** One service in a release record: what ran after the attempt. */
export const RecordedService = z.strictObject({
  component: z.string(),
  /** The name of the ECS service, or of the compose service. */
  serviceName: z.string(),
  /** The ARN of its revision. Undefined on a compose host. */
  taskDefinition: z.string().optional(),
  /** The image reference, by digest. */
  image: z.string(),
  digest,
  desiredCount: z.number().int().min(0),
});
export type RecordedService = z.infer<typeof RecordedService>;

/** One bundle in a release record. */
export const RecordedBundle = z.strictObject({
  ...BundleContent.shape,
  /** `ref`: of a pinned bundle. `commit`: of a pinned bundle, and in git mode of every one. */
  ref: z.string().optional(),
  commit: z.string().optional(),
});
export type RecordedBundle = z.infer<typeof RecordedBundle>;

/** Which platform a release is for, in a release record and in a plan. */
export const RecordedPlatform = z.strictObject({
  /** `platform.ref` of release.yaml, as it was written. */
  ref: z.string().optional(),
  generation: z.enum(generations),
});
export type RecordedPlatform = z.infer<typeof RecordedPlatform>;

export function recordedPlatform({ platform: { ref }, generation }: Pick<Release, 'platform' | 'generation'>): RecordedPlatform {
  return { ...(ref !== undefined && { ref }), generation };
}

/** What one attempt to deploy a release did in one environment, verdict included: the schema and its type. */
export const ReleaseRecord = z.strictObject({
  record: z.literal(2),
  environment: z.string(),
  /** release_name, else `unnamed`. */
  release: z.string(),
  /** The attempts of a release in an environment, counted from 1. */
  attempt: z.number().int().min(1),
  verdict: z.enum(VERDICTS),
  /** Why it did not succeed, in a sentence; empty if it did. */
  reason: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** The workspace's commit, if the whole release was committed. */
  commit: z.string().optional(),
  /** Absent in records of versions that did not write it. */
  platform: RecordedPlatform.optional(),
  services: z.record(z.string(), RecordedService),
  /** The exec task definition: registered, but never run as a service. On a compose host only its image. */
  exec: z.strictObject({ taskDefinition: z.string().optional(), image: z.string(), digest }).optional(),
  bundles: z.array(RecordedBundle),
  /** The normalized bundle descriptor, without refs and commits, which change while the content does not. Empty if it is unknown. */
  descriptor: z.string(),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

/** The JSON text of a record. */
export function printRecord(record: ReleaseRecord): string {
  return `${JSON.stringify(ReleaseRecord.parse(record), null, 2)}\n`;
}

/** Whether a record would say what the last one says: the same deploy, joined or run again. */
export function isRecorded(draft: Omit<ReleaseRecord, 'attempt'>, last: ReleaseRecord | undefined): boolean {
  if (!last || last.verdict !== 'succeeded' || draft.verdict !== 'succeeded') return false;
  // Through the schema: then both have their keys in one order.
  const content = (record: ReleaseRecord) => {
    const { environment, release, platform, services, exec, bundles, descriptor } = ReleaseRecord.parse(record);
    return JSON.stringify([environment, release, platform, services, exec, bundles, descriptor]);
  };
  return content({ ...draft, attempt: 1 }) === content(last);
}

/** The last good record. */
export function lastGood(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return records.find(({ verdict }) => verdict === 'succeeded');
}
