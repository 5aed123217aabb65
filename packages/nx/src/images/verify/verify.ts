import { KdcubeError, type PublicKey, type SignedImage } from '@kdcube/release/internal';
import { findMismatch, type ExpectedImage } from '../../oci/expected';
import type { Repository } from '../../registry/blobs/blobs';
import type { ImageIndex, ImageManifest } from '../../registry/manifests/manifest-format';
import type { Log } from '../../system/log';
import type { Registries } from '../../workspace/registries';
import type { Builder } from '../build/engine';
import type { ImageJob } from '../job';
import { findSignature, type SignatureSearch } from '../signatures/find-signature';
import { isOwnEngineDigest } from './engine-digests';
import { computeExpectation, type Expectation } from './expectation';

/** What counts as a proof, besides the content itself. */
export interface TrustOptions {
  registries: Registries;
  /** The builder of this run. If an engine is configured by name, it may have built the existing image. */
  engine?: Builder;
  /** Accepts an image that cannot be verified, by its tag alone. */
  trustRegistry?: boolean;
  /** The public keys whose signatures count. */
  trustedKeys?: readonly PublicKey[];
}

/** An image found under a content key, in a registry or a layout: the bytes of its manifest, whose digest was computed here. */
export interface FoundImage {
  digest: string;
  bytes: Uint8Array;
  json: ImageManifest | ImageIndex;
  /** Where it was found, for messages: `registry.example/acme/proc:c-…`. */
  place: string;
  /** Where its signatures are; undefined for a layout, which has none. */
  signatures?: Repository;
}

/**
 * How an image under a content key was verified.
 * - `content`: it equals the image that git and the pinned base give; recomputed here.
 * - `engine`: an engine of this machine built it.
 * - `signature`: a trusted key signed it as this image.
 * - `receipt`: the receipt of a docker-push names its digest.
 * - `registry`: it is unverified, and the option `trustRegistry` accepts that.
 */
export type Verdict =
  | { by: 'content'; digest: string; expected: ExpectedImage; signature?: undefined }
  /** `signature`: what was found when one had to prove this digest. */
  | { by: 'engine' | 'signature' | 'receipt' | 'registry'; digest: string; expected?: undefined; signature?: SignatureSearch }
  /** `cause`: a build would fail for the same reason. */
  | { by: 'nothing'; why: string; cause?: KdcubeError };

/**
 * Verifies that an image found under the content key is the image that `job` plans. A content key is a claim: anyone with write access to
 * the repository can put any image under it. `receiptDigest`: the digest in the receipt of the docker-push of this key; it counts only if
 * the content cannot be computed. Problem `image-mismatch` if it is another image.
 */
export async function verifyImage(
  job: ImageJob,
  found: FoundImage,
  { registries, engine = 'auto', trustRegistry = false, trustedKeys = [] }: TrustOptions,
  log: Log,
  receiptDigest?: string,
): Promise<Verdict> {
  const { digest } = found;
  const expectation = await computeExpectation(job, registries, log);
  const mismatch = expectation.is === 'computed' ? findMismatch(expectation.image, found) : undefined;
  if (expectation.is === 'computed' && mismatch === undefined) return { by: 'content', digest, expected: expectation.image };
  if (isOwnEngineDigest(job, digest)) return { by: 'engine', digest };
  if (mismatch !== undefined && !isNamedEngine(engine)) throw imageMismatch(found, mismatch);
  const signature =
    found.signatures && trustedKeys.length > 0
      ? await findSignature(found.signatures, signedImage(job, digest), trustedKeys)
      : undefined;
  if (signature?.by) return { by: 'signature', digest, signature };
  if (receiptDigest !== undefined)
    return { by: 'receipt', digest: receiptDigest, ...(receiptDigest === digest && { signature }) };
  if (trustRegistry) return { by: 'registry', digest, signature };
  return { by: 'nothing', ...whyUnverified(job, expectation, mismatch) };
}

/** The image that a signature must name. */
export function signedImage({ plan }: Pick<ImageJob, 'plan'>, digest: string): SignedImage {
  return { digest, image: plan.image, contentKey: plan.key };
}

function isNamedEngine(engine: Builder): boolean {
  return engine !== 'auto' && engine !== 'oci';
}

function whyUnverified(
  { folder }: ImageJob,
  expectation: Expectation,
  mismatch?: string,
): Omit<Verdict & { by: 'nothing' }, 'by'> {
  if (expectation.is === 'unreadable') return { why: expectation.problem.message.split('\n')[0]!, cause: expectation.cause };
  if (expectation.is === 'computed') return { why: `an engine may have built it (${mismatch}).` };
  const { line, instruction } = expectation.refusal;
  const place = `${folder.path}/${folder.dockerfile}:${line}`;
  return { why: `an engine built it (${place} is ${instruction}), and what an engine builds cannot be computed.` };
}

/** The Problem of an image that differs from what its place claims. Nothing was changed. */
export function imageMismatch({ place, digest }: Pick<FoundImage, 'place' | 'digest'>, why: string): KdcubeError {
  return new KdcubeError({
    code: 'image-mismatch',
    message: `${place} (${digest}) is not the image that this release describes: ${why}.`,
    hint: 'find out who pushed it (docs/security.md); then delete that tag or folder, and run docker-push again',
  });
}

/** The Problem of an unverified image. */
export function imageUnverified({ place, digest }: Pick<FoundImage, 'place' | 'digest'>, why: string): KdcubeError {
  return new KdcubeError({
    code: 'image-unverified',
    message: `${place} (${digest}) cannot be verified: ${why}`,
    hint: 'pass on dist/push from the job that ran docker-push; or sign images (docs/signatures.md); or "trustRegistry": true in the options of @kdcube/nx, to rely on the registry (docs/security.md)',
  });
}
