import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { BuiltLayer } from './build';

/**
 * The file of a layer, whose bytes are what its digest says. One that was damaged in the cache folder is made again: its size alone does not show it, and whoever sends it would be refused for ever. Read
 * once more for this, which costs less than sending it.
 */
export async function soundFile({ descriptor, make }: Pick<BuiltLayer, 'descriptor' | 'make'>): Promise<string> {
  const { file } = await make();
  if ((await digestOf(file)) === descriptor.digest) return file;
  await fs.promises.rm(path.dirname(file), { recursive: true, force: true });
  return (await make()).file;
}

/** Up to here a layer is read whole, once, and looked at in memory. Bytes. */
const SMALL = 1024 * 1024;

/** The same for a small layer, as bytes; undefined for a large one, and for one that must be made again. */
export async function soundBytes({ descriptor, make }: Pick<BuiltLayer, 'descriptor' | 'make'>): Promise<Buffer | undefined> {
  if (descriptor.size > SMALL) return undefined;
  const { file } = await make();
  const bytes = await fs.promises.readFile(file);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` === descriptor.digest ? bytes : undefined;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}
