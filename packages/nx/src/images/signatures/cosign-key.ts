import { scryptSync } from 'node:crypto';
import { openSecretBox } from './secret-box';

/** The private key of `cosign generate-key-pair`: PKCS#8, encrypted with NaCl's secretbox under a key derived from the password by scrypt. */
const PEM = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([^-]+)-----END/;

/** The scrypt costs that cosign's library uses: others could take any amount of time and memory. */
const COSTS = [32_768, 65_536, 131_072];

interface EncryptedKey {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

export function isCosignKey(pem: string): boolean {
  return PEM.test(pem);
}

/** The key in DER form. Throws if the password is wrong, or the key has another encryption. */
export function decryptCosignKey(pem: string, password: string): Buffer {
  const { kdf, cipher, ciphertext } = JSON.parse(decode(PEM.exec(pem)![1]!).toString('utf8')) as EncryptedKey;
  const { N, r, p } = kdf.params;
  const isKnown = kdf.name === 'scrypt' && cipher.name === 'nacl/secretbox' && COSTS.includes(N) && r === 8 && p === 1;
  if (!isKnown) throw new Error('another encryption');
  const key = scryptSync(password, decode(kdf.salt), 32, { N, r, p, maxmem: 256 * N * r });
  return openSecretBox(decode(ciphertext), decode(cipher.nonce), key);
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
