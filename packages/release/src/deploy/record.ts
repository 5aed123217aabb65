import * as z from 'zod';
import { BundleContent } from '../release/receipts';

/**
 * What a release was, in one environment: one small OCI artifact for each finished attempt, verdict included, never overwritten (HOUSE law 5). `<prefix>/releases:<environment>.<name>.<n>`.
 * From records, on any machine, come "no change", rollback, status and history. They hold no secret and no value of an environment.
 */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const VERDICTS = ['succeeded', 'failed', 'rolled-back', 'superseded', 'stopped', 'unknown'] as const;

export const RecordedService = z.strictObject({
  component: z.string(),
  /** Of the ECS service, or of the compose entry. */
  serviceName: z.string(),
  /** Its ARN with the revision. Undefined on a compose host. */
  taskDefinition: z.string().optional(),
  /** The image, by digest. */
  image: z.string(),
  digest,
  count: z.number().int().min(0),
});
export type RecordedService = z.infer<typeof RecordedService>;

export const RecordedBundle = z.strictObject({
  ...BundleContent.shape,
  /** Of a pinned bundle. */
  ref: z.string().optional(),
  commit: z.string().optional(),
});
export type RecordedBundle = z.infer<typeof RecordedBundle>;

export const ReleaseRecord = z.strictObject({
  record: z.literal(1),
  environment: z.string(),
  /** release_name, else `unnamed`. */
  release: z.string(),
  /** Counts the attempts of a release in an environment, from 1. */
  attempt: z.number().int().min(1),
  verdict: z.enum(VERDICTS),
  /** Why it ended so, in a sentence; empty where it succeeded. */
  because: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** The workspace's commit, when all of the release was committed. */
  commit: z.string().optional(),
  services: z.record(z.string(), RecordedService),
  /** The exec task definition: registered, and never a service. */
  exec: z.strictObject({ taskDefinition: z.string(), image: z.string(), digest }).optional(),
  bundles: z.array(RecordedBundle),
  /** What the platform was told of its bundles, without refs and commits: those change while the content does not. Empty where nobody knows it. */
  descriptor: z.string(),
});
export type ReleaseRecord = z.infer<typeof ReleaseRecord>;

/** The bytes of a record. */
export function printRecord(record: ReleaseRecord): string {
  return `${JSON.stringify(ReleaseRecord.parse(record), null, 2)}\n`;
}
