import * as path from 'node:path';
import { KdcubeError, LIMITS, readPublicKeys, type PublicKey, unsafePath } from '@kdcube/release/internal';
import { type FileContent, readRegularFile } from '../../system/files/read-file';

/** The public keys in files of the workspace. Problem `signing-key` if a file is missing or is not a public key. */
export function readTrustedKeys(root: string, files: readonly string[]): PublicKey[] {
  return files.flatMap((file) => {
    if (unsafePath(file)) throw unusable(file, 'it is not a path inside the workspace');
    return readPublicKeys(readFile(root, file), file);
  });
}

function readFile(root: string, file: string): string {
  const read = readRegularFile(path.join(root, file), LIMITS.signingKeyBytes.max);
  if (read.kind === 'content') return read.bytes.toString('utf8');
  throw unusable(file, whyNotRead(read));
}

/** Why a key file cannot be used. */
export function whyNotRead(read: Exclude<FileContent, { kind: 'content' }>): string {
  if (read.kind === 'missing') return 'there is no such file';
  return read.kind === 'too-large' ? `it has more than ${LIMITS.signingKeyBytes.max} bytes` : read.reason;
}

function unusable(file: string, why: string): KdcubeError {
  return new KdcubeError({
    code: 'signing-key',
    message: `The trusted public key ${file} cannot be used: ${why}.`,
    hint: `openssl pkey -in key.pem -pubout -out ${file}    and commit it`,
    at: { file },
  });
}
