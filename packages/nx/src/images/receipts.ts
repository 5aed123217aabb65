import * as fs from 'node:fs';
import * as path from 'node:path';
import { BuildReceipt, OUT, PushReceipt, readReceipt } from '@kdcube/release/internal';

/** What the last docker-push from this checkout left of an image; undefined where there is none, or nothing that reads as one. */
export function pushReceipt(root: string, image: string): PushReceipt | undefined {
  return readReceipt(PushReceipt, textOf(path.join(root, OUT.push(image), 'receipt.json')));
}

/** What the last docker-build here left. */
export function buildReceipt(root: string, image: string): BuildReceipt | undefined {
  return readReceipt(BuildReceipt, textOf(path.join(root, OUT.build(image), 'receipt.json')));
}

function textOf(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}
