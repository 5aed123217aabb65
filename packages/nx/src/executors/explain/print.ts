import { printable } from '@kdcube/release/internal';
import type { Claims, FoundImage } from '../../targets/ecs/explain/find-image';
import type { BundleEvidence } from '../../targets/ecs/explain/git-evidence';
import type { ImageDeployment } from '../../targets/ecs/explain/deployments';
import type { Log } from '../../system/log';
import { formatTable } from '../../system/table';

export interface Explanation {
  found: FoundImage;
  claims?: Claims;
  /** `verified`: this checkout gives exactly this image. */
  content: 'verified' | undefined;
  bundles: BundleEvidence[];
  deployments: (ImageDeployment & { author?: string; subject?: string })[];
  running: { environment: string; service: string; tasks: number }[];
  /** What could not be read, and why. */
  unknown: string[];
}

/** Prints an explanation: what the registry has, what the image claims and git confirms, deployments, and what runs. */
export function printExplanation(explanation: Explanation, log: Log): void {
  const { found, claims, content, bundles, deployments, running, unknown } = explanation;
  const { place, manifest, tags, parents, platforms } = found;
  const repository = `${place.registry.host}/${place.repository}`;
  log.event({
    event: 'explanation',
    repository,
    digest: manifest.digest,
    tags,
    indexes: parents,
    platforms,
    claims,
    verified: content === 'verified',
    bundles,
    deployments,
    running,
    unknown,
  });
  log.lines([`${repository}@${manifest.digest}`, ...identity(found), '']);
  log.lines(contentLines(explanation));
  if (bundles.length > 0)
    log.lines(['', ...formatTable(['bundle', 'tree', 'source', 'commit', 'found in git'], bundles.map(bundleRow))]);
  log.lines(['', ...deploymentLines(deployments), '', ...runningLines(running)]);
  for (const what of unknown) log.note(`unknown: ${what}`);
  if (claims?.key !== undefined && content !== 'verified')
    log.note(
      'only the labels of the image name its bundles and its base: nothing here proves them. In the commit that it was built from, release:explain computes the image and compares it',
    );
}

function identity({ manifest, parents, platforms, tags }: FoundImage): string[] {
  const kind =
    'manifests' in manifest.json
      ? `an index for ${platforms.join(', ') || 'no platform'}`
      : platforms.length > 0
        ? `an image for ${platforms[0]}`
        : 'no image: an artifact, such as a signature';
  return [
    `is         ${kind}${parents.length > 0 ? `, a child of the index ${parents.join(', ')}` : ''}`,
    `tags       ${tags.join(', ') || 'none'}`,
  ];
}

function contentLines({ found, claims, content }: Explanation): string[] {
  if (!found.config) return ['content    it has no image configuration'];
  if (claims?.key === undefined)
    return ['content    not built by this plugin: it has no content key, and says nothing of bundles'];
  const verified = content === 'verified' ? 'verified: this checkout gives exactly this image' : 'as its labels claim';
  return [
    `content    ${verified}`,
    // Labels can be written by anyone with push access: a line break must not begin a line that looks like ours.
    `key        c-${printable(claims.key)}`,
    `platform   ${printable(claims.platformRef ?? 'not named')}`,
    `base       ${printable(claims.base ?? 'not named')}`,
  ];
}

function bundleRow({ id, tree, from, commit, pinned }: BundleEvidence): string[] {
  const source = pinned
    ? `${pinned.repo} ${pinned.ref} (${pinned.commit.slice(0, 12)})`
    : from === 'workspace'
      ? 'this workspace'
      : 'unknown';
  const where =
    from === 'none' ? 'no commit here has this content' : `${commit!.author}, ${commit!.at.slice(0, 10)}: ${commit!.subject}`;
  return [id, tree.slice(0, 12), source, commit?.commit.slice(0, 12) ?? '', where];
}

function deploymentLines(deployments: Explanation['deployments']): string[] {
  if (deployments.length === 0) return ['No release record names it.'];
  const rows = deployments.map(({ endedAt, environment, release, attempt, verdict, services, commit = '', author = '' }) => [
    endedAt.slice(0, 16).replace('T', ' '),
    environment,
    `${release} (${attempt})`,
    verdict,
    services.join(', '),
    commit.slice(0, 12),
    author,
  ]);
  return formatTable(['deployed (UTC)', 'environment', 'release', 'verdict', 'services', 'commit', 'author of the commit'], rows);
}

function runningLines(running: Explanation['running']): string[] {
  if (running.length === 0) return ['No task is known to run it.'];
  return formatTable(
    ['runs in', 'service', 'tasks'],
    running.map(({ environment, service, tasks }) => [environment, service, String(tasks)]),
  );
}
