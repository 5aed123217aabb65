import * as fs from 'node:fs';
import * as path from 'node:path';
import { BuildReceipt, OUT, PushReceipt, readReceipt } from '@kdcube/release/internal';

/** The receipt of the last docker-push of an image in this checkout; undefined if it is missing or invalid. */
export function pushReceipt(root: string, image: string): PushReceipt | undefined {
  return readReceipt(PushReceipt, textOf(path.join(root, OUT.push(image), 'receipt.json')));
}

/** The receipt of the last docker-build of an image in this checkout. */
export function buildReceipt(root: string, image: string): BuildReceipt | undefined {
  return readReceipt(BuildReceipt, textOf(path.join(root, OUT.build(image), 'receipt.json')));
}

function textOf(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}
