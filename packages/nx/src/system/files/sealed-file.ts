import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LIMITS } from '@kdcube/release/internal';
import { readRegularFile } from './read-file';
import { temporaryName } from './temporary-names';
import { makeDir, writeFileAtomic } from './files';

/**
 * A cache file whose content counts as proof: it carries a MAC under a key that only this user on this machine has. CI systems restore
 * cache folders that other jobs have written, so the key is stored elsewhere, and a file written by another machine, another user or an
 * editor counts as absent.
 */
export function writeSealedFile(file: string, name: string, content: string | Uint8Array): Promise<void> {
  const bytes = Buffer.from(content);
  return writeFileAtomic(file, Buffer.concat([macOf(name, bytes), bytes]));
}

/** The content of a sealed file, if it was sealed here under this name; else undefined. `name` identifies the content, so that one file cannot replace another. */
export function readSealedFile(file: string, name: string): Buffer | undefined {
  const read = readRegularFile(file, LIMITS.sealedFileBytes.max);
  if (read.kind !== 'content') return undefined;
  const sealed = read.bytes;
  const content = sealed.subarray(MAC_BYTES);
  return sealed.length >= MAC_BYTES && timingSafeEqual(sealed.subarray(0, MAC_BYTES), macOf(name, content)) ? content : undefined;
}

/** A value as JSON in a sealed file. */
export function writeSealedJson(file: string, name: string, value: unknown): Promise<void> {
  return writeSealedFile(file, name, JSON.stringify(value));
}

/** The value that `writeSealedJson` wrote here under this name; else undefined. */
export function readSealedJson<T>(file: string, name: string): T | undefined {
  const sealed = readSealedFile(file, name);
  return sealed && (JSON.parse(sealed.toString('utf8')) as T);
}

const MAC_BYTES = 32;
const KEY_BYTES = 32;

function macOf(name: string, content: Uint8Array): Buffer {
  return createHmac('sha256', cacheKey()).update(JSON.stringify(name)).update('\0').update(content).digest();
}

const keys = new Map<string, Buffer>();

/** The key of this user. If it can be neither read nor stored, a key of this process: then nothing cached earlier is valid. */
function cacheKey(): Buffer {
  const base = process.env.XDG_STATE_HOME || path.join(os.homedir(), '.local', 'state');
  const file = path.join(base, 'kdcube', 'cache-key');
  const known = keys.get(file);
  if (known) return known;
  const key = readKey(file) ?? storeKey(file) ?? randomBytes(KEY_BYTES);
  keys.set(file, key);
  return key;
}

/** Reads the key only if the file belongs to this user and is not readable for others. */
function readKey(file: string): Buffer | undefined {
  let handle: number | undefined;
  try {
    handle = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    const { uid, mode } = fs.fstatSync(handle);
    if (uid !== process.getuid?.() || (mode & 0o077) !== 0) return undefined;
    const key = fs.readFileSync(handle);
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

/** Hard-linked into its place: if several processes start at once, all use the key of the first. */
function storeKey(file: string): Buffer | undefined {
  const temporary = temporaryName(file);
  try {
    makeDir(path.dirname(file), 0o700);
    fs.writeFileSync(temporary, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
    if (readKey(file) === undefined) fs.rmSync(file, { force: true });
    try {
      fs.linkSync(temporary, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return readKey(file);
  } catch {
    return undefined;
  } finally {
    removeQuietly(temporary);
  }
}

function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // There is nothing to remove.
  }
}
