import { BuildReceipt, MirrorReceipt, OUT, PushReceipt, readReceipt } from '@kdcube/release/internal';
import { readWorkspaceFile } from '../workspace/disk';

/** The receipt of the last docker-push of an image in this checkout; undefined if it is missing or invalid. Problems of a file that cannot be read: `file-error`, `file-too-large`. */
export function pushReceipt(root: string, image: string): PushReceipt | undefined {
  return readReceipt(PushReceipt, textOf(root, `${OUT.push(image)}/receipt.json`));
}

/** The receipt of the last docker-push of a published image of the platform in this checkout. */
export function mirrorReceipt(root: string, image: string): MirrorReceipt | undefined {
  return readReceipt(MirrorReceipt, textOf(root, `${OUT.push(image)}/receipt.json`));
}

/** The receipt of the last docker-build of an image in this checkout. */
export function buildReceipt(root: string, image: string): BuildReceipt | undefined {
  return readReceipt(BuildReceipt, textOf(root, `${OUT.build(image)}/receipt.json`));
}

function textOf(root: string, file: string): string | undefined {
  return readWorkspaceFile(root, file)?.toString('utf8');
}
