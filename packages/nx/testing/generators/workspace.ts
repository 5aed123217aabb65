import { deepStrictEqual } from 'node:assert';
import { KdcubeError } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import releaseGenerator from '../../src/generators/release/generator';

/** An empty workspace as Nx makes one. */
export function emptyWorkspace(): Tree {
  return createTreeWithEmptyWorkspace();
}

/** A workspace with the release.yaml that the generator writes. */
export async function workspaceWithRelease(): Promise<Tree> {
  const tree = emptyWorkspace();
  await releaseGenerator(tree, { platformRef: '2026.7.20.444' });
  return tree;
}

/** Everything in the tree, so that two states can be compared whole. */
export function contents(tree: Tree, folder = '.'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of tree.children(folder)) {
    const file = folder === '.' ? name : `${folder}/${name}`;
    if (tree.isFile(file)) found[file] = tree.read(file, 'utf-8')!;
    else Object.assign(found, contents(tree, file));
  }
  return found;
}

/** The problems of a generator that must fail: `code: message`, and that it left the tree as it was. */
export async function problemsOf(tree: Tree, run: () => Promise<unknown>): Promise<string> {
  const before = contents(tree);
  try {
    await run();
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    deepStrictEqual(contents(tree), before);
    return error.problems.map(({ code, message, hint }) => `${code}: ${message}${hint ? ` [${hint}]` : ''}`).join('\n');
  }
  throw new Error('It did not fail.');
}

/** Runs a generator a second time and asks that nothing moved. */
export async function expectTwiceIsOnce(tree: Tree, run: () => Promise<unknown>): Promise<void> {
  await run();
  const first = contents(tree);
  await run();
  deepStrictEqual(contents(tree), first);
}
