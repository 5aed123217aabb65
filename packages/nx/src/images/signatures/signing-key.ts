import { createPrivateKey, type KeyObject } from 'node:crypto';
import * as path from 'node:path';
import { KdcubeError, keyId, LIMITS, requireSupported } from '@kdcube/release/internal';
import { readRegularFile } from '../../system/files/read-file';
import { whyNotRead } from './trusted-keys';
import { decryptCosignKey, isCosignKey } from './cosign-key';

/** The private key that signs images. It stays in memory: it is in no message, file or argument list. */
export interface SigningKey {
  /** The id of its public key. */
  id: string;
  key: KeyObject;
}

export const KEY_VARIABLE = 'KDCUBE_SIGNING_KEY';
export const PASSWORD_VARIABLE = 'KDCUBE_SIGNING_PASSWORD';

/**
 * The signing key of this job, from the file that an option names, else from the environment: PEM text, or the path of a PEM file.
 * Undefined if none is configured. Problem `signing-key`.
 */
export function readSigningKey(root: string, file: string | undefined, env = process.env): SigningKey | undefined {
  const value = env[KEY_VARIABLE] || undefined;
  if (file !== undefined) return parseKey(readKeyFile(root, file), '--signingKey', env);
  if (value === undefined) return undefined;
  // Some CI systems store the line ends of a variable as \n.
  const text = isPem(value) ? value.replaceAll('\\n', '\n') : readKeyFile(root, value, KEY_VARIABLE);
  return parseKey(text, KEY_VARIABLE, env);
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

function readKeyFile(root: string, file: string, source = '--signingKey'): string {
  // If the option contains the key itself, it must not appear in a log.
  if (isPem(file))
    throw new KdcubeError({
      code: 'signing-key',
      message: '--signingKey takes the path of a file, not the key itself: other programs can read the arguments of a command.',
      hint: `${KEY_VARIABLE}    takes the key itself`,
    });
  const read = readRegularFile(path.resolve(root, file), LIMITS.signingKeyBytes.max);
  if (read.kind === 'content') return read.bytes.toString('utf8');
  throw unreadable(source, `the file that it names cannot be read, because ${whyNotRead(read)}`);
}

function parseKey(text: string, source: string, env: NodeJS.ProcessEnv): SigningKey {
  const password = env[PASSWORD_VARIABLE] || undefined;
  const isEncrypted = /-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text);
  if (isEncrypted && password === undefined)
    throw unreadable(source, 'it is encrypted, and there is no password', `${PASSWORD_VARIABLE}    takes the password`);
  try {
    const key = isCosignKey(text)
      ? createPrivateKey({ key: decryptCosignKey(text, password!), format: 'der', type: 'pkcs8' })
      : createPrivateKey({ key: text, format: 'pem', ...(password !== undefined && { passphrase: password }) });
    requireSupported(key, source);
    return { key, id: keyId(key) };
  } catch (error) {
    if (error instanceof KdcubeError) throw error;
    // OpenSSL's message may quote the input.
    throw unreadable(source, isEncrypted ? 'its password is wrong, or it is damaged' : 'it is not a private key in PEM format');
  }
}

function unreadable(source: string, why: string, hint?: string): KdcubeError {
  return new KdcubeError({
    code: 'signing-key',
    message: `The signing key in ${source} cannot be used: ${why}.`,
    hint:
      hint ?? 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem    makes a key (docs/signatures.md)',
  });
}
