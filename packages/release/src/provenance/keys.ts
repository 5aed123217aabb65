import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { KdcubeError, quoted } from '../problem/problem';

/** A public key whose signatures count. */
export interface PublicKey {
  /** SHA-256 of the key in its DER form, in base64: what cosign calls its hint. */
  id: string;
  key: KeyObject;
}

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** The public keys of a PEM file. Problem `signing-key`. */
export function readPublicKeys(text: string, file: string): PublicKey[] {
  const at = { file };
  if (text.includes('PRIVATE KEY-----'))
    throw new KdcubeError({
      code: 'signing-key',
      message: `${file} holds a private key. Only public keys belong here.`,
      hint: `openssl pkey -in key.pem -pubout -out ${file}    and make a new key if this one was committed`,
      at,
    });
  const blocks = text.match(PUBLIC_KEY) ?? [];
  if (blocks.length === 0) throw noPublicKey(file);
  return blocks.map((pem) => {
    const key = parse(pem);
    if (!key) throw noPublicKey(file);
    requireSupported(key, file);
    return { id: keyId(key), key };
  });
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function noPublicKey(file: string): KdcubeError {
  return new KdcubeError({
    code: 'signing-key',
    message: `${file} is not a public key in PEM format.`,
    hint: `openssl pkey -in key.pem -pubout -out ${file}    or the cosign.pub of cosign generate-key-pair`,
    at: { file },
  });
}

/** Signatures are made with two kinds of key, which cosign reads as well. Problem `signing-key`. */
export function requireSupported(key: KeyObject, place: string): void {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return;
  const kind = [type, details?.namedCurve ?? details?.modulusLength].filter((part) => part !== undefined).join(' ');
  throw new KdcubeError({
    code: 'signing-key',
    message: `The key in ${place} is of the kind ${quoted(kind)}: images are signed with ECDSA on P-256, or Ed25519.`,
    hint: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem',
  });
}

/** The id of a key, private or public. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

/** A signature by a private key: for ECDSA over SHA-256 and in DER, as sigstore has it. */
export function signBytes(bytes: Uint8Array, privateKey: KeyObject): Buffer {
  return sign(digestOf(privateKey), bytes, privateKey);
}

export function isSignedBy({ key }: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(digestOf(key), bytes, key, signature);
}

/** Ed25519 has its own hash. */
function digestOf(key: KeyObject): string | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
}
