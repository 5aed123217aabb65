import * as z from 'zod';

/** A signed statement as sigstore keeps it: a bundle with a DSSE envelope, and a hint which public key it was signed with. */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const base64 = z.base64();

/** What is read of a bundle. Entries of a transparency log, which others may add, are not read: a key proves by itself. */
export const SignatureBundle = z.object({
  mediaType: z.literal(BUNDLE_TYPE),
  dsseEnvelope: z.object({
    payload: base64,
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.object({ sig: base64 })).length(1),
  }),
});

/** The bytes that a DSSE signature is over: the pre-authentication encoding of the payload and its type. */
export function preAuthEncoding(payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(PAYLOAD_TYPE)} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The text of a bundle. `keyId`: that of the public key. */
export function printBundle(payload: Uint8Array, signature: Uint8Array, keyId: string): string {
  return JSON.stringify({
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: keyId } },
    dsseEnvelope: {
      payload: Buffer.from(payload).toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: Buffer.from(signature).toString('base64'), keyid: '' }],
    },
  });
}
