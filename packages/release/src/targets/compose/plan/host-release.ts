import * as z from 'zod';
import { PlannedReadiness, PlannedService } from '../../../deploy/deploy-plan';
import { RecordedBundle, RecordedPlatform, ReleaseRecord } from '../../../deploy/record';
import { ConfigFile, HostFile, isIntact } from '../render/host-files';

/** A service of a release on a host. `env`: its variables, without secrets. */
const ContentService = z.strictObject({
  component: z.string(),
  kind: PlannedService.shape.kind,
  serviceName: z.string(),
  image: z.string(),
  digests: PlannedService.shape.digests,
  hash: z.string(),
  baseHash: z.string(),
  env: z.record(z.string(), z.string()),
  /** The file with them, below compose.directory. */
  envFile: HostFile.shape.path,
  desiredCount: z.number().int().min(0),
  hasHealthCheck: z.boolean(),
  stopTimeout: z.number(),
});
export type ContentService = z.infer<typeof ContentService>;

/** Everything that a host needs to run a release: no registry and no workspace is asked for a rollback. */
export const ReleaseContent = z.strictObject({
  services: z.record(z.string(), ContentService),
  /** The image in which proc runs code. No service: it is only pulled. */
  exec: z.strictObject({ image: z.string(), digests: PlannedService.shape.digests }).optional(),
  /** Docker mounts the bundles of the host over those of the image in which code runs: they are copied there from proc's image. */
  hostBundles: z.strictObject({ image: z.string(), folder: z.string() }).optional(),
  bundles: z.array(RecordedBundle),
  /** How proc is asked in its container whether they are ready. Absent: the platform does not answer. */
  readiness: PlannedReadiness.optional(),
  /** The normalized bundle descriptor, without refs and commits. Empty if it is unknown. */
  descriptor: z.string(),
  files: z.array(HostFile),
  configFiles: z.array(ConfigFile),
  /** Our compose file. */
  compose: z.string(),
});
export type ReleaseContent = z.infer<typeof ReleaseContent>;

/** A release as the host keeps it, in `.kdcube/releases/<number>/release.json`. Like a release record, and with what a rollback starts. */
export const HostRelease = z.strictObject({
  hostRelease: z.literal(1),
  /** Counted from 1 on each host. */
  number: z.number().int().min(1),
  environment: z.string(),
  release: z.string(),
  commit: z.string().optional(),
  platform: RecordedPlatform.optional(),
  /** Undefined while it is deployed, or if that was killed. */
  verdict: ReleaseRecord.shape.verdict.optional(),
  reason: z.string(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  content: ReleaseContent,
});
export type HostRelease = z.infer<typeof HostRelease>;

export function printHostRelease(release: HostRelease): string {
  return `${JSON.stringify(HostRelease.parse(release), null, 2)}\n`;
}

/** Undefined for anything that this version did not write: the file may have been edited or cut off. */
export function parseHostRelease(text: string | undefined): HostRelease | undefined {
  if (text === undefined) return undefined;
  try {
    const { success, data } = HostRelease.safeParse(JSON.parse(text));
    return success && data.content.files.every(isIntact) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The newest release that succeeded. */
export function lastGoodRelease(releases: readonly HostRelease[]): HostRelease | undefined {
  return [...releases].sort((a, b) => b.number - a.number).find(({ verdict }) => verdict === 'succeeded');
}
