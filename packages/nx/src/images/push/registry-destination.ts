import type { RegistryName } from '@kdcube/release/internal';
import { KdcubeError, quoted, shown } from '@kdcube/release/internal';
import { carryOut } from '../../system/journal';
import type { Log } from '../../system/log';
import type { Repository } from '../../registry/blobs/blobs';
import { expectWrites } from '../../registry/tags/look-up';
import { uploadImage } from '../../registry/push';
import { readTags, tagImage } from '../../registry/tags/tag-image';
import { findManifest, getManifest, headManifest, type Manifest } from '../../registry/manifests/manifests';
import { sha256Digest } from '../../registry/transport/connect';
import { logProgress } from '../../registry/blobs/progress';
import { openRepository } from '../../workspace/registries';
import { pushWithEngine, type Engine } from '../build/engine';
import type { ImageJob } from '../job';
import { rememberEngineDigest } from '../verify/engine-digests';
import { findSignature } from '../signatures/find-signature';
import { provenanceOf, signAndStore } from '../signatures/sign-image';
import { imageMismatch, signedImage, verifyImage, type FoundImage, type TrustOptions } from '../verify/verify';
import type { Destination, FindResult, UploadedImage } from './destination';
import { readPreviousImage } from './previous';
import type { TagOptions } from './tags';
import { imageToUpload, transferOf } from './upload';

/** A registry as the destination of an image. */
export function registryDestination(
  job: ImageJob,
  target: RegistryName,
  options: TagOptions & TrustOptions & { dryRun: boolean },
  log: Log,
): Destination {
  const { image, platform, tag: key } = job.plan;
  const place = openRepository(target, image, log);
  const { registry, repository } = place;
  if (!options.dryRun) expectWrites(place);
  const name = `${shown(target)}/${image}`;
  let keyReadAt: number | undefined;
  return {
    name,
    kind: 'the registry',
    async find() {
      keyReadAt = registry.now();
      const found = await findManifest(registry, repository, key);
      return found ? verifyExisting(job, { ...found, place: `${name}:${key}`, signatures: place }, options, log) : {};
    },
    readPrevious: () => readPreviousImage({ ...options, image, platform, target }, log),
    readTags: (tags) => readTags(place, tags),
    async upload(built, { previous, tags, tagHeads, replaces }) {
      if (built.kind === 'engine') return uploadFromEngine(job, built, place, `${name}:${key}`, log);
      const toUpload = imageToUpload(built, previous);
      const onProgress = logProgress(log, image);
      const pushTags = { key, keyAbsentAt: keyReadAt, tags, tagHeads, replaces };
      const remote = await uploadImage(registry, repository, toUpload, pushTags, { onProgress });
      const { digest, mediaType, size } = remote;
      requireOurs({ place: `${name}:${key}`, digest }, sha256Digest(toUpload.manifest));
      return { digest, mediaType, size, transfer: transferOf(remote, toUpload), remote };
    },
    async sign(pushed, key, commit) {
      const { digest, mediaType, size } = pushed;
      const existing = await findSignature(place, signedImage(job, digest), [key]);
      if (existing.by) return { keyId: key.id, digest: existing.digest };
      const stored = await signAndStore(place, { digest, mediaType, size }, provenanceOf(job, name, digest, commit), key);
      log.done('signed', image, digest);
      return { keyId: key.id, digest: stored };
    },
    async tag({ remote }, tags) {
      if (!remote) throw new Error('what is not in a registry cannot be tagged');
      const results = await tagImage(registry, repository, remote, tags);
      for (const { tag, how } of results)
        if (how === 'skipped')
          log.note(`${name}: the moving tag ${quoted(tag)} was left as it is, because the repository's tags are immutable.`);
      return results.filter(({ how }) => how !== 'skipped').map(({ tag }) => tag);
    },
  };
}

/** Verifies an image that was found under the content key. */
async function verifyExisting(
  job: ImageJob,
  manifest: Manifest & FoundImage,
  trust: TrustOptions,
  log: Log,
): Promise<FindResult> {
  const { digest, mediaType, bytes, place } = manifest;
  const verdict = await verifyImage(job, manifest, trust, log);
  if (verdict.by !== 'nothing') {
    const remote = { digest, how: 'there' as const, manifest };
    return {
      existing: { digest, mediaType, size: bytes.length, remote, ...(verdict.by === 'registry' && { trustRegistry: true }) },
    };
  }
  if (verdict.cause) throw verdict.cause;
  log.note(`${place} (${digest}) is not reused: ${verdict.why} ${job.plan.image} is built again.`);
  return { replaces: digest };
}

/** Uploads with the engine, then reads the tag back. */
async function uploadFromEngine(
  job: ImageJob,
  { engine, local }: { engine: Engine; local: string },
  { registry, repository }: Repository,
  reference: string,
  log: Log,
): Promise<UploadedImage> {
  // The engine must use plain HTTP if our own requests do.
  const plainHttp = registry.base.protocol === 'http:';
  const digest = await carryOut({ kind: 'other', text: `${engine} pushed ${reference}` }, () =>
    pushWithEngine(engine, local, reference, log, { plainHttp }),
  );
  const head = await headManifest(registry, repository, job.plan.tag);
  if (!head)
    throw new KdcubeError({
      code: 'push-failed',
      message: `${engine} reported no error when it pushed ${reference}, but the registry does not have it.`,
    });
  requireOurs({ place: reference, digest: head.digest }, digest);
  await rememberEngineDigest(job, digest);
  const manifest = await getManifest(registry, repository, digest);
  return { ...head, remote: { digest, how: 'pushed', manifest } };
}

/** The image read back must be the pushed one: another process may have moved the tag in the meantime. */
function requireOurs(found: { place: string; digest: string }, pushed: string): void {
  if (found.digest !== pushed) throw imageMismatch(found, `${pushed} was pushed, and this was read back`);
}
