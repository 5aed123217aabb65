import { commandsOf } from '@kdcube/release/internal';
import { detectPackageManager, readJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';

/** The name in package.json. */
export function packageName(tree: Tree): string | undefined {
  if (!tree.exists('package.json')) return undefined;
  const { name } = readJson<{ name?: unknown }>(tree, 'package.json');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** `npx nx`, or what the workspace's package manager has instead. */
export function nxCommand(tree: Tree): string {
  return commandsOf(detectPackageManager(tree.root)).nx;
}
