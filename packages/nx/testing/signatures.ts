import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyId, type PublicKey } from '@kdcube/release/internal';
import type { SigningKey } from '../src/images/signatures/signing-key';

/** A key pair, as a job has the one half and a workspace the other. */
export interface KeyPair {
  signingKey: SigningKey;
  trusted: PublicKey;
  privatePem: string;
  publicPem: string;
}

export function keyPair(kind: 'ec' | 'ed25519' = 'ec'): KeyPair {
  const { privateKey, publicKey } =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const pem = (key: KeyObject, type: 'pkcs8' | 'spki') => key.export({ type: type as 'spki', format: 'pem' }) as string;
  const id = keyId(publicKey);
  return {
    signingKey: { id, key: privateKey },
    trusted: { id, key: publicKey },
    privatePem: pem(privateKey, 'pkcs8'),
    publicPem: pem(publicKey, 'spki'),
  };
}
