import { isCommit, KdcubeError, type PinnedPart, printable, type Problem, type Release, setRef } from '@kdcube/release/internal';
import { logger, type GeneratorCallback, type Tree } from '@nx/devkit';
import { readGeneratorOptions } from '../read-options';
import { readReleaseText, RELEASE_FILE, writeReleaseText } from '../release-text';
import { runGenerator } from '../run-generator';
import { findVersion, type NewVersion, type Pinned } from './find-versions';
import { BumpOptions } from './schema';

export default function bumpGenerator(tree: Tree, raw: BumpOptions): Promise<GeneratorCallback | void> {
  return runGenerator(tree, () => bump(tree, raw));
}

async function bump(tree: Tree, raw: BumpOptions): Promise<GeneratorCallback | void> {
  const { name, to } = readGeneratorOptions(BumpOptions, raw);
  const found = readReleaseText(tree);
  if (!found)
    throw new KdcubeError({
      code: 'file-missing',
      message: `There is no ${RELEASE_FILE} at the root of this workspace.`,
      hint: 'nx g @kdcube/nx:release    writes one',
    });
  if (name === undefined && to !== undefined)
    throw new KdcubeError({
      code: 'wrong-option',
      message: '--to names one version, and no part of the release was named.',
      hint: `nx g @kdcube/nx:bump <bundle> --to=${to}`,
    });
  const parts = name === undefined ? pinnedParts(found.release) : [namedPart(found.release, name)];
  const versions = await findVersions(tree, found.release, parts, { to, isAll: name === undefined });
  const text = [...versions].reduce((before, [part, { ref }]) => setRef(before, RELEASE_FILE, placeOf(part), ref), found.text);
  if (text === found.text) return () => logger.info('Nothing is newer: release.yaml stays as it is.');
  writeReleaseText(tree, text, found.text);
  return () => logger.info('Next: nx sync, which pins what changed.');
}

/** Everything with a ref, in the order of release.yaml. */
function pinnedParts({ platform, frontend, bundles }: Release): Pinned[] {
  return [
    ...(platform.ref === undefined ? [] : [{ name: 'platform', ref: platform.ref, repo: platform.repo }]),
    ...(frontend ? [{ name: 'frontend', ref: frontend.ref, repo: frontend.repo }] : []),
    ...bundles.flatMap((bundle) =>
      bundle.kind === 'pinned' ? [{ name: bundle.id, ref: bundle.ref, repo: bundle.repo, bundle }] : [],
    ),
  ];
}

/** A bundle may be called `platform`: then it is meant. */
function namedPart(release: Release, name: string): Pinned {
  const parts = pinnedParts(release);
  const part = parts.find((each) => each.name === name && each.bundle) ?? parts.find((each) => each.name === name);
  if (part) return part;
  const isHere = release.bundles.some(({ id }) => id === name);
  throw new KdcubeError({
    code: 'wrong-option',
    message: isHere
      ? `${name} is a bundle of this workspace: it has no ref that could move.`
      : `${RELEASE_FILE} pins nothing that is called ${JSON.stringify(name)}.`,
    hint: parts.length > 0 ? `one of ${parts.map((each) => each.name).join(', ')}` : `${RELEASE_FILE} pins nothing`,
  });
}

function placeOf({ name, bundle }: Pinned): PinnedPart {
  return bundle ? { kind: 'bundle', id: bundle.id } : { kind: name === 'frontend' ? 'frontend' : 'platform' };
}

/** The new version of each part that has one. Collects all problems before it throws; a name of a repository that nothing resolves only matters if its part was named. */
async function findVersions(
  tree: Tree,
  release: Release,
  parts: readonly Pinned[],
  { to, isAll }: { to: string | undefined; isAll: boolean },
): Promise<Map<Pinned, NewVersion>> {
  const versions = new Map<Pinned, NewVersion>();
  const problems: Problem[] = [];
  for (const part of parts) {
    try {
      if (to === undefined && isCommit(part.ref)) {
        if (!isAll) throw pinnedToCommit(part);
        logger.info(`${part.name}  is pinned to a commit, which has no newer tag: --to names one`);
        continue;
      }
      const version = await findVersion(tree.root, release, part, to);
      if (version) versions.set(part, version);
      logger.info(version ? describe(part, version) : `${part.name}  ${part.ref}: nothing is newer`);
    } catch (error) {
      if (!(error instanceof KdcubeError)) throw error;
      const [first] = error.problems;
      if (isAll && first!.code === 'unknown-repo') logger.info(`${part.name}  not looked up: ${first!.message}`);
      else problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new KdcubeError(problems);
  return versions;
}

function pinnedToCommit({ name, ref }: Pinned): KdcubeError {
  return new KdcubeError({
    code: 'wrong-option',
    message: `${name} is pinned to the commit ${ref.slice(0, 12)}, and no tag is newer than a commit.`,
    hint: `nx g @kdcube/nx:bump ${name} --to=<tag>`,
  });
}

/** Further commits are counted. */
const MAX_COMMITS = 20;

function describe({ name, ref }: Pinned, { ref: next, changes }: NewVersion): string {
  const head = `${name}  ${ref} → ${next}`;
  if (!changes) return printable(head);
  const { commits, isForward } = changes;
  const shown = commits.slice(0, MAX_COMMITS).map(({ id, subject }) => `    ${id.slice(0, 9)}  ${subject.slice(0, 120)}`);
  const more = commits.length > MAX_COMMITS ? [`    and ${commits.length - MAX_COMMITS} more`] : [];
  const count = commits.length === 0 ? 'same content' : `${commits.length} ${commits.length === 1 ? 'commit' : 'commits'}`;
  const note = isForward ? '' : `; ${ref} is not in its history`;
  return [`${head}  ${count}${note}`, ...shown, ...more].map(printable).join('\n');
}
