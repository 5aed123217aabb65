import { KdcubeError, type PublicKey, type SignedImage } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import { findSignature, type SignatureSearch } from './find-signature';

/** Whose signatures count, and whether every image must have one. */
export interface SignatureRule {
  /** The environment that requires a valid signature for every image, even one verified otherwise. */
  signedFor?: string;
  /** The public keys whose signatures count. */
  trustedKeys?: readonly PublicKey[];
}

/** The Problem of an image without a valid signature, where the environment requires one. `search`: what a search for this image has already found. `commit`: where the image can be signed, if not in this checkout. */
export async function findUnsigned(
  place: Repository,
  image: SignedImage,
  reference: string,
  { signedFor, trustedKeys = [] }: SignatureRule,
  { search, commit }: { search?: SignatureSearch; commit?: string } = {},
): Promise<KdcubeError | undefined> {
  if (signedFor === undefined) return undefined;
  const found = search ?? (await findSignature(place, image, trustedKeys));
  return found.by ? undefined : imageUnsigned(reference, signedFor, image.image, found.found, commit);
}

export function imageUnsigned(
  reference: string,
  environment: string,
  image: string,
  found: string,
  commit?: string,
): KdcubeError {
  const where = commit === undefined ? 'in a job' : `at commit ${commit}, in a job`;
  return new KdcubeError({
    code: 'image-unsigned',
    message: `${reference} has no valid signature, and ${environment} requires one: ${found}.`,
    hint: `nx run ${image}:docker-push    ${where} with KDCUBE_SIGNING_KEY (docs/signatures.md)`,
  });
}
