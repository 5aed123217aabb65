import type { DeployPlan } from '@kdcube/release/internal';
import { git } from '../../../git/git';
import { localStore } from '../../../git/mirror/offline';
import { fetchCommit } from '../../../git/mirror/remote';
import { inParallel } from '../../../system/parallel';
import { addressOf, pinOf, type OpenRelease } from '../../../workspace/workspace';
import { bundlePlaces } from '@kdcube/release/internal';

/** How many bundles are looked at: a person reads no more, and each may cost a request. */
const MOST = 20;

/** The plan with the subjects of the commits that its bundles come to. A commit that cannot be read is left without: what a person wrote is a help, and no reason to stop. */
export async function withSubjects(open: OpenRelease, plan: DeployPlan, offline: boolean): Promise<DeployPlan> {
  const wanted = plan.bundles.filter(({ change }) => change === 'added' || change === 'changed').slice(0, MOST);
  const found = new Map(
    await inParallel(wanted, 4, async ({ id }) => [id, await subjectOf(open, id, offline).catch(() => undefined)] as const),
  );
  const bundles = plan.bundles.map((bundle) => {
    const subject = found.get(bundle.id);
    return subject ? { ...bundle, subject } : bundle;
  });
  return { ...plan, bundles };
}

async function subjectOf(open: OpenRelease, id: string, offline: boolean): Promise<string | undefined> {
  const bundle = open.release.bundles.find((each) => each.id === id);
  if (!bundle) return undefined;
  if (bundle.kind === 'workspace') return logLine({ cwd: open.root }, ['HEAD', '--', ...bundlePlaces(bundle)]);
  const pin = pinOf(open, bundle);
  const source = { ...addressOf(open, bundle.repo), root: open.root };
  const store =
    (await localStore(source, pin.commit, pin.tree)) ??
    (offline ? undefined : await fetchCommit(source, pin.commit, { ref: pin.ref }));
  return store && logLine(store.place, [pin.commit]);
}

async function logLine(place: Parameters<typeof git>[0], args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await git(place, ['log', '-1', '--format=%s', ...args]);
  const line = stdout.toString('utf8').trim();
  return exitCode === 0 && line !== '' ? line.slice(0, 200) : undefined;
}
