import type { KeyObject } from 'node:crypto';
import type * as z from 'zod';
import { ONCE } from '../document/once';
import { LIMITS } from '../problem/limits';
import { BUNDLE_TYPE, PAYLOAD_TYPE, preAuthEncoding, printBundle, SignatureBundle } from './envelope';
import { isSignedBy, keyId, signBytes, type PublicKey } from './keys';
import { BUILD_TYPE, ImageStatement, imageStatement, PREDICATE_TYPE, STATEMENT_TYPE, type ProvenanceFacts } from './statement';

/** The image that a signature must be about. */
export interface SignedImage {
  digest: string;
  /** Its name in the release. */
  image: string;
  /** Undefined: the signature of any content key counts. A release record has no content key; its digest says what the image contains. */
  contentKey?: string;
}

/** Whether a signature counts, and whose it is; else why not. */
export type SignatureVerdict = { by: PublicKey } | { by?: undefined; why: string };

/** Signs the statement about an image. Returns the text of the bundle. */
export function signImage(facts: ProvenanceFacts, privateKey: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(imageStatement(facts)));
  return printBundle(payload, signBytes(preAuthEncoding(payload), privateKey), keyId(privateKey));
}

/**
 * Judges a bundle from a registry. The signature is verified first: what is in a payload that no trusted key signed is not read. The statement must be about exactly this image: its digest, its name and its
 * content key, if that is known.
 */
export function judgeSignature(bytes: Uint8Array, image: SignedImage, keys: readonly PublicKey[]): SignatureVerdict {
  if (bytes.length > LIMITS.signatureBytes.max) return { why: `it has more than ${LIMITS.signatureBytes.max} bytes` };
  const bundle = parse(SignatureBundle, bytes);
  if (!bundle)
    return { why: `it is not a bundle of the type ${BUNDLE_TYPE} with one signature of a payload of the type ${PAYLOAD_TYPE}` };
  const { payload, signatures } = bundle.dsseEnvelope;
  const signed = Buffer.from(payload, 'base64');
  const signature = Buffer.from(signatures[0]!.sig, 'base64');
  const encoded = preAuthEncoding(signed);
  const by = keys.find((key) => isSignedBy(key, encoded, signature));
  if (!by) return { why: 'no trusted key made its signature, or its statement was changed' };
  const why = findDifference(signed, image);
  return why === undefined ? { by } : { why };
}

/** How a signed statement differs from the image that it must be about. */
function findDifference(payload: Uint8Array, image: SignedImage): string | undefined {
  const statement = parse(ImageStatement, payload);
  if (!statement)
    return `its statement is not a ${STATEMENT_TYPE} about one image, with a predicate ${PREDICATE_TYPE} of the build type ${BUILD_TYPE}`;
  const digest = `sha256:${statement.subject[0]!.digest.sha256}`;
  if (digest !== image.digest) return `its statement is about the image ${digest}`;
  const parameters = statement.predicate.buildDefinition.externalParameters;
  if (image.contentKey !== undefined && parameters.contentKey !== image.contentKey)
    return `its statement is about the content key ${parameters.contentKey}`;
  return parameters.image === image.image ? undefined : `its statement is about the image ${parameters.image} of a release`;
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)), ONCE);
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
