import {
  BUNDLE_TYPE,
  judgeSignature,
  KdcubeError,
  LIMITS,
  PREDICATE_TYPE,
  type PublicKey,
  type SignedImage,
} from '@kdcube/release/internal';
import { getBlob, type Repository } from '../../registry/blobs/blobs';
import { isIndex } from '../../registry/manifests/manifest-format';
import { getManifest } from '../../registry/manifests/manifests';
import { listReferrers, type Referrer } from '../../registry/referrers';
import { inParallel } from '../../system/parallel';

/** A valid signature of an image, or what was found instead. */
export type SignatureSearch = { by: PublicKey; digest: string } | { by?: undefined; found: string };

/** Invalid signatures, which prove nothing and are skipped. All other errors (no access, no network) end the search. */
const INVALID = new Set(['registry-response', 'image-not-found']);
/** The artifact types that an index lists for signatures: older clients put the config's media type there, or nothing. */
const TYPES = new Set([undefined, BUNDLE_TYPE, 'application/vnd.oci.empty.v1+json']);

/** Looks for a signature of an image by one of the keys. What the registry lists is only a candidate: its bundle must be verified. */
export async function findSignature(place: Repository, image: SignedImage, keys: readonly PublicKey[]): Promise<SignatureSearch> {
  const referrers = await orReason(listReferrers(place, image.digest));
  if (typeof referrers === 'string') return { found: `what the registry lists for it cannot be read: ${referrers}` };
  const all = referrers.filter(({ artifactType }) => TYPES.has(artifactType)).sort((one, other) => rank(one) - rank(other));
  const candidates = all.slice(0, LIMITS.signatures.max);
  const reasons: string[] = [];
  for (let start = 0; start < candidates.length; start += PARALLEL) {
    const group = candidates.slice(start, start + PARALLEL);
    const results = await inParallel(group, PARALLEL, (candidate) => orReason(readSignature(place, candidate, image, keys)));
    const valid = results.find((result) => typeof result === 'object');
    if (valid) return valid;
    reasons.push(...results.filter((result) => typeof result === 'string'));
  }
  if (reasons.length === 0) return { found: 'it has no signature' };
  const unread = all.length > candidates.length ? `; ${all.length - candidates.length} more were not read` : '';
  return {
    found: `${reasons.length === 1 ? 'its signature does' : `its ${reasons.length} signatures do`} not count: ${[...new Set(reasons)].slice(0, 3).join('; ')}${unread}`,
  };
}

const PARALLEL = 8;

/** Signatures that say that they are like ours come first: other tools store any number of attestations under the same type. */
function rank({ annotations }: Referrer): number {
  const type = annotations?.['dev.sigstore.bundle.predicateType'];
  return type === PREDICATE_TYPE ? 0 : type === undefined ? 1 : 2;
}

async function readSignature(
  { registry, repository }: Repository,
  { digest }: Referrer,
  image: SignedImage,
  keys: readonly PublicKey[],
): Promise<SignatureSearch | string> {
  const { json } = await getManifest(registry, repository, digest);
  const layer = isIndex(json) ? undefined : json.layers.find(({ mediaType }) => mediaType === BUNDLE_TYPE);
  if (!layer) return `${digest} is not a signature`;
  if (layer.size > LIMITS.signatureBytes.max) return `it has more than ${LIMITS.signatureBytes.max} bytes`;
  const bytes = await getBlob(registry, repository, layer.digest, { maxBytes: LIMITS.signatureBytes.max });
  const verdict = judgeSignature(bytes, image, keys);
  return verdict.by ? { by: verdict.by, digest } : verdict.why;
}

/** The value, or the reason why the registry's response is invalid. */
async function orReason<T>(reading: Promise<T>): Promise<T | string> {
  try {
    return await reading;
  } catch (error) {
    const problem = error instanceof KdcubeError ? error.problems[0] : undefined;
    if (!problem || !INVALID.has(problem.code)) throw error;
    return problem.message.split('\n')[0]!.replace(/\.$/, '');
  }
}
