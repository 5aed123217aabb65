import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256Digest } from '../../registry/transport/connect';
import type { BuiltLayer } from '../build';
import { sha256Counter } from '../../system/chunks';

/** The file of a layer, verified against its digest. A layer that is corrupt in the cache is created again: otherwise the registry would reject every upload of it. */
export async function verifiedLayerFile({ descriptor, make }: Pick<BuiltLayer, 'descriptor' | 'make'>): Promise<string> {
  const { file } = await make();
  if ((await digestOf(file)) === descriptor.digest) return file;
  await fs.promises.rm(path.dirname(file), { recursive: true, force: true });
  return (await make()).file;
}

/** Layers up to this size are read into memory. Bytes. */
const MAX_IN_MEMORY = 1024 * 1024;

/** The verified bytes of a small layer; undefined for a large or corrupt layer. */
export async function verifiedLayerBytes({
  descriptor,
  make,
}: Pick<BuiltLayer, 'descriptor' | 'make'>): Promise<Buffer | undefined> {
  if (descriptor.size > MAX_IN_MEMORY) return undefined;
  const { file } = await make();
  const bytes = await fs.promises.readFile(file);
  return sha256Digest(bytes) === descriptor.digest ? bytes : undefined;
}

async function digestOf(file: string): Promise<string> {
  const content = sha256Counter();
  for await (const chunk of fs.createReadStream(file)) content.add(chunk as Buffer);
  return content.digest();
}
