import type { Tree } from '@nx/devkit';
import { readNxJson } from '@nx/devkit';
import type { Workspace } from '@kdcube/release/internal';
import {
  BuiltPin,
  halfPin,
  ImagePin,
  KdcubeError,
  readPin,
  readWorkspace,
  RELEASE_FILE,
  requireRelease,
} from '@kdcube/release/internal';
import { pluginOptions } from '../../plugin-options';
import { runGenerator } from '../run-generator';
import { treeFiles } from '../tree-files';
import { resolvePins } from './resolve';
import type { StalePin } from './resolve';

/** The result of a sync generator; Nx does not export this type. */
type SyncGeneratorResult = void | { outOfSyncMessage: string; outOfSyncDetails: string[]; callback: () => Promise<void> };

/**
 * The sync generator (HOUSE §2). Nx runs it at every command and does not tell a check from a sync, so this part only compares small files, offline.
 * A stale pin becomes a half pin, which makes the workspace out of sync; only `nx sync` runs the callback, which resolves it.
 */
export default function pins(tree: Tree): Promise<SyncGeneratorResult> {
  return runGenerator(tree, () => comparePins(tree));
}

async function comparePins(tree: Tree): Promise<SyncGeneratorResult> {
  if (!tree.isFile(RELEASE_FILE)) throw noRelease(tree);
  const files = treeFiles(tree);
  const options = pluginOptions(readNxJson(tree));
  const workspace = readWorkspace(files, options);
  const release = requireRelease(workspace);
  const stale = staleOf(workspace, (file) => tree.read(file, 'utf-8') ?? undefined);
  const { orphans } = workspace.pins;
  if (stale.length === 0 && orphans.length === 0) return;
  const before = new Map([...stale.map(({ file }) => file), ...orphans].map((file) => [file, tree.read(file) ?? undefined]));
  for (const pin of stale) tree.write(pin.file, half(pin, tree.read(pin.file, 'utf-8') ?? undefined));
  for (const file of orphans) tree.delete(file);
  return {
    outOfSyncMessage: 'The pins are out of date: release.yaml has changed.',
    outOfSyncDetails: [
      ...stale.map(({ subject, why }) => `${subject}: ${why}`),
      ...orphans.map((file) => `${file}: no longer in the release`),
    ],
    callback: () => resolvePins({ root: tree.root, release, stale, before, options }),
  };
}

/** Silence would read as "everything is up to date". */
function noRelease(tree: Tree): KdcubeError {
  const folders = tree.children('.').filter((name) => !tree.isFile(name) && !name.startsWith('.') && name !== 'node_modules');
  const moved = folders.map((folder) => `${folder}/${RELEASE_FILE}`).find((file) => tree.isFile(file));
  return new KdcubeError({
    code: 'file-missing',
    message: `There is no ${RELEASE_FILE} at the root of this workspace${moved === undefined ? '' : `, but ${moved}: Nx reads only the one at the root`}.`,
    hint: moved === undefined ? 'nx g @kdcube/nx:release' : `git mv ${moved} ${RELEASE_FILE}`,
    at: { file: RELEASE_FILE },
  });
}

/** The text of a pin that has to be resolved. It contains the old pin: its digests and salt must survive a sync that is killed. */
function half(stale: StalePin, current: string | undefined): string {
  const open = { ...stale.question, ...((stale.kind === 'image' || stale.kind === 'built') && stale.pin && { was: stale.pin }) };
  const text = halfPin(open);
  // Nx ignores a write that does not change a file: after a sync that was killed, an equal half pin would look synced.
  return current === text ? halfPin({ ...open, again: true }) : text;
}

/** The pin that a half pin contains. */
function replaced<T extends ImagePin | BuiltPin>(
  schema: Parameters<typeof readPin<T>>[0],
  text: string | undefined,
): T | undefined {
  try {
    return readPin(schema, JSON.stringify((JSON.parse(text ?? '') as { was?: unknown } | null)?.was));
  } catch {
    return undefined;
  }
}

function staleOf({ pins: found }: Workspace, textOf: (file: string) => string | undefined): StalePin[] {
  const why = (pin: unknown, source = 'release.yaml') => (pin === undefined ? 'not pinned yet' : `${source} changed`);
  const bundles = found.bundles
    .filter(({ fits }) => !fits)
    .map(({ subject, file, pin }): StalePin => {
      const { repo, ref, subdir } = subject;
      return { kind: 'bundle', subject: subject.id, bundle: subject, file, why: why(pin), question: { repo, ref, subdir } };
    });
  const frontend =
    found.frontend && !found.frontend.fits
      ? [
          {
            kind: 'frontend',
            subject: 'frontend',
            source: found.frontend.subject,
            file: found.frontend.file,
            why: why(found.frontend.pin),
            question: { ...found.frontend.subject },
          } as const,
        ]
      : [];
  const images = found.images
    .filter(({ fits, subject }) => !fits && subject.question)
    .map(({ subject, file, pin }): StalePin => ({
      kind: 'image',
      subject: subject.name,
      asked: subject.question!,
      pin: pin ?? replaced(ImagePin, textOf(file)),
      file,
      why: why(pin, 'release.yaml or the Dockerfile'),
      question: { ...subject.question! },
    }));
  const platform = found.platform
    .filter(({ fits }) => !fits)
    .map(({ subject, file, pin }): StalePin => {
      const { name, ref, source } = subject;
      return { kind: 'platform', subject: name, image: subject, file, why: why(pin), question: { ref, source } };
    });
  const built = found.built
    .filter(({ fits }) => !fits)
    .map(({ subject, file, pin }): StalePin => {
      const { name, ...question } = subject;
      const before = pin ?? replaced(BuiltPin, textOf(file));
      return { kind: 'built', subject: name, image: subject, pin: before, file, why: why(pin), question };
    });
  return [...bundles, ...frontend, ...images, ...platform, ...built];
}
