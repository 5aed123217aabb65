import * as fs from 'node:fs';
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { readTarHeaders } from '../oci/layer/tar-names';

/** The exit code of the task, and what it printed. */
const ENTRY_FILES = ['code', 'terminalOutput'];

/** Whether the bytes are a whole entry of a cache of Nx. Nx 24 ends with an error when it restores others, although it could run the task. */
export async function isEntry(file: string): Promise<boolean> {
  try {
    const found = new Set<string>();
    // The end of the compressed bytes has their checksum: what was cut off is noticed.
    const bytes = pipeline(fs.createReadStream(file), zlib.createGunzip(), () => undefined);
    for await (const { name } of readTarHeaders(bytes)) {
      if (leavesItsFolder(name)) return false;
      if (ENTRY_FILES.includes(name)) found.add(name);
    }
    return found.size === ENTRY_FILES.length;
  } catch {
    return false;
  }
}

function leavesItsFolder(name: string): boolean {
  return name.startsWith('/') || name.split('/').includes('..');
}
