import { type DeployPlan, bundlePlaces } from '@kdcube/release/internal';
import { git } from '../../../git/git';
import { findLocalStore } from '../../../git/mirror/local-store';
import { fetchCommit } from '../../../git/mirror/fetch-commit';
import { inParallel } from '../../../system/parallel';
import { repoAddress, requireBundlePin, type OpenRelease } from '../../../workspace/workspace';

/** A longer list does not help, and each subject may need a fetch. */
const MAX_BUNDLES = 20;

/** Adds the commit subjects of changed bundles to the plan. A commit that cannot be read is not an error: its bundle has no subject. The last commit does not describe an uncommitted bundle. */
export async function addCommitSubjects(open: OpenRelease, plan: DeployPlan, offline: boolean): Promise<DeployPlan> {
  const changed = plan.bundles.filter(({ change }) => change === 'added' || change === 'changed').slice(0, MAX_BUNDLES);
  const found = new Map(
    await inParallel(
      changed,
      4,
      async ({ id }) =>
        [id, await findSubject(open, id, { offline, uncommitted: plan.uncommitted ?? [] }).catch(() => undefined)] as const,
    ),
  );
  const bundles = plan.bundles.map((bundle) => {
    const subject = found.get(bundle.id);
    return subject ? { ...bundle, subject } : bundle;
  });
  return { ...plan, bundles };
}

interface SubjectOptions {
  offline: boolean;
  /** Files and folders with uncommitted changes. */
  uncommitted: readonly string[];
}

async function findSubject(open: OpenRelease, id: string, { offline, uncommitted }: SubjectOptions): Promise<string | undefined> {
  const bundle = open.release.bundles.find((each) => each.id === id);
  if (!bundle) return undefined;
  if (bundle.kind === 'workspace') {
    const places = bundlePlaces(bundle);
    const isChanged = uncommitted.some((file) => places.some((place) => file === place || file.startsWith(`${place}/`)));
    return isChanged ? 'uncommitted changes' : readSubject({ cwd: open.root }, ['HEAD', '--', ...places]);
  }
  const pin = requireBundlePin(open, bundle);
  const source = { ...repoAddress(open, bundle.repo), root: open.root };
  const store =
    (await findLocalStore(source, pin.commit, pin.tree)) ??
    (offline ? undefined : await fetchCommit(source, pin.commit, { ref: pin.ref }));
  return store && readSubject(store.context, [pin.commit]);
}

async function readSubject(place: Parameters<typeof git>[0], args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await git(place, ['log', '-1', '--format=%s', ...args]);
  const line = stdout.toString('utf8').trim();
  return exitCode === 0 && line !== '' ? line.slice(0, 200) : undefined;
}
