import type { Tree } from '@nx/devkit';
import { readNxJson } from '@nx/devkit';
import type { Workspace } from '@kdcube/release/internal';
import { halfPin, ImagePin, readPin, readWorkspace, RELEASE_FILE, requireRelease } from '@kdcube/release/internal';
import { pluginOptions } from '../../plugin-options';
import { treeFiles } from '../tree-files';
import { resolvePins } from './resolve';
import type { StalePin } from './resolve';

/** What Nx takes from a sync generator; its own name for this type is not public. */
type SyncGeneratorResult = void | { outOfSyncMessage: string; outOfSyncDetails: string[]; callback: () => Promise<void> };

/**
 * The sync generator (HOUSE §2). Nx asks it at every command, from its daemon, and cannot say whether it syncs or checks: so this part compares small files
 * and touches no network. What is stale becomes a half pin, which makes the workspace out of sync; only `nx sync` runs the callback, which resolves.
 */
export default async function pins(tree: Tree): Promise<SyncGeneratorResult> {
  if (!tree.exists(RELEASE_FILE)) return;
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
    outOfSyncMessage: 'The pins do not say what release.yaml says.',
    outOfSyncDetails: [
      ...stale.map(({ subject, why }) => `${subject}: ${why}`),
      ...orphans.map((file) => `${file}: the release does not have it any more`),
    ],
    callback: () => resolvePins({ root: tree.root, release, stale, before, options }),
  };
}

/** What is written while a question is open. The pin that was there stays in it: its digests and its salt must outlive a sync that is killed. */
function half(stale: StalePin, there: string | undefined): string {
  const open = { ...stale.question, ...(stale.kind === 'image' && stale.pin && { was: stale.pin }) };
  const text = halfPin(open);
  // Nx forgets a change that leaves a file as it is. Over the same half pin, left by a sync that was killed, another one must be
  // written, or the workspace would pass for synced.
  return there === text ? halfPin({ ...open, again: true }) : text;
}

/** The pin that a half pin replaced. */
function replaced(text: string | undefined): ImagePin | undefined {
  try {
    return readPin(ImagePin, JSON.stringify((JSON.parse(text ?? '') as { was?: unknown } | null)?.was));
  } catch {
    return undefined;
  }
}

function staleOf({ pins: found }: Workspace, textOf: (file: string) => string | undefined): StalePin[] {
  const why = (pin: unknown, asker = 'release.yaml asks') =>
    pin === undefined ? 'not pinned yet' : `${asker} for something else now`;
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
      pin: pin ?? replaced(textOf(file)),
      file,
      why: why(pin, 'release.yaml or the Dockerfile asks'),
      question: { ...subject.question! },
    }));
  return [...bundles, ...frontend, ...images];
}
