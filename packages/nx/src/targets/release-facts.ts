import type { OpenRelease } from '../workspace/workspace';
import type { WorkspaceSource, RecordedBundle, Environment } from '@kdcube/release/internal';
import type { Log } from '../system/log';
import { withSnapshot } from '../git/snapshot/snapshot';
import { findBundle } from '../workspace/bundles';
import { settleAll } from '../system/parallel';
import { externalImages } from '../workspace/environment';
import type { ReleasedImage } from '../images/released-images';
import { changedPaths } from '../git/worktree';

/** What of the release no commit describes: of its images and bundles, release.yaml, the pins and the environment's files. */
export async function uncommittedFiles(
  root: string,
  environment: Environment,
  images: readonly ReleasedImage[],
): Promise<string[]> {
  const files = await changedPaths(root, ['release.yaml', 'pins', ...environment.files]);
  return [...new Set([...images.flatMap(({ uncommitted }) => uncommitted), ...files])].sort();
}

/** Why a mirrored image of the platform changes: `platform.ref` did. */
export function publishedReasons(environment: Environment): [string, string[]][] {
  return externalImages(environment).flatMap(({ reference, published }): [string, string[]][] =>
    published ? [[reference, [`platform ${published.ref}`]]] : [],
  );
}

/** The release's bundles: a pinned bundle by its pin, a workspace bundle by its folder, and in git mode by the commit that is cloned. */
export async function recordedBundles(
  open: OpenRelease,
  sources: ReadonlyMap<string, WorkspaceSource>,
  log: Log,
): Promise<RecordedBundle[]> {
  return withSnapshot(open.root, async (snapshot) => {
    const searches = open.release.bundles.map((bundle) => findBundle(open, bundle, snapshot, { offline: true, log }));
    const found = await settleAll(searches);
    return found.map(({ content, pin }) => {
      const source = sources.get(content.id);
      return { ...content, ...(pin && { ref: pin.ref, commit: pin.commit }), ...(source && { commit: source.commit }) };
    });
  });
}
