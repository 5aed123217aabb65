import type { PushReceipt } from '@kdcube/release';
import { customerTags, KdcubeError, quoted, repositoryOf, shown } from '@kdcube/release';
import { buildLocal, localName } from './build-image';
import { findEngine, localLabels, push } from './docker';
import type { Engine } from './docker';
import { currentBranch, headCommit } from './git-workspace';
import type { ImageJob } from './images';
import type { Log } from './log';
import type { Registries } from './registries';
import { openRegistry, requireRegistry } from './registries';
import { getManifest, headManifest } from './registry';
import type { ManifestHead, Registry } from './registry';
import { setTag } from './tags';

export interface PushOptions {
  root: string;
  registries: Registries;
  engine: 'auto' | Engine;
  dryRun: boolean;
  branch?: string;
  tagPrefix?: string;
}

/**
 * Brings an image to the registry (HOUSE law 4): asks for its key first; what is there is adopted, and nothing is built or sent. After a push the tag is read
 * back: its digest is what the registry has, whatever the engine says. Returns the receipt; undefined on a dry run that found nothing.
 */
export async function pushImage(job: ImageJob, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const startedAt = Date.now();
  const name = requireRegistry(options.registries);
  const registry = openRegistry(name.host, log);
  const repository = repositoryOf(name, job.plan.image);
  const there = await headManifest(registry, repository, job.plan.tag);
  const shownName = `${shown(name)}/${job.plan.image}`;
  if (there) {
    log.done('adopted', job.plan.image, `${there.digest}  (its key was there: nothing built, nothing sent)`, startedAt);
    return receiptOf(job, shownName, there, 'adopted', []);
  }
  if (options.dryRun) {
    log.done('would push', job.plan.image, `to ${shownName}:${job.plan.tag}`);
    return undefined;
  }
  const how = await send(job, `${shownName}:${job.plan.tag}`, name.host, options, log);
  const head = await headManifest(registry, repository, job.plan.tag);
  if (!head) {
    throw new KdcubeError(
      {
        code: 'push-failed',
        message: `The push of ${shownName} ended well, but the registry does not have its tag ${job.plan.tag}.`,
      },
      { changed: 'layers may have been sent' },
    );
  }
  log.done('pushed', job.plan.image, head.digest, startedAt);
  const tags = await tagForPeople(job, { registry, repository, head, shownName }, options, log);
  return receiptOf(job, shownName, head, how, tags, await committedAs(job, options.root));
}

async function send(job: ImageJob, remote: string, host: string, options: PushOptions, log: Log): Promise<'built' | 'found'> {
  const engine = await findEngine(options.engine);
  const local = localName(job.plan);
  const found = (await localLabels(engine, local))?.['io.kdcube.content-key'] === job.plan.key;
  if (!found) await buildLocal(engine, job, options.registries, options.root, log);
  await push(engine, local, remote, log, { plainHttp: /^(?:localhost|127\.|\[::1\])/.test(host) });
  return found ? 'found' : 'built';
}

interface Pushed {
  registry: Registry;
  repository: string;
  head: ManifestHead;
  shownName: string;
}

/** customer-<sha> and the moving customer-<branch>, on what was pushed. What is not committed gets neither: the commit does not hold it. */
async function tagForPeople(
  job: ImageJob,
  { registry, repository, head, shownName }: Pushed,
  options: PushOptions,
  log: Log,
): Promise<string[]> {
  if (job.uncommitted.length > 0) {
    log.note(
      `${job.plan.image} holds what is not committed (${job.uncommitted.join(', ')}): it gets no customer tags, and cannot be tagged as a release.`,
    );
    return [];
  }
  const branch = options.branch ?? (await currentBranch(options.root)) ?? ciBranch(process.env);
  const wanted = customerTags({ commit: await headCommit(options.root), branch }, options.tagPrefix);
  if (!branch) log.note('No branch is checked out, and the CI system names none: no branch tag is set.');
  const manifest = await getManifest(registry, repository, head.digest);
  const set: string[] = [];
  for (const tag of wanted) {
    const outcome = await setTag(registry, repository, tag, manifest);
    if (outcome === 'skipped')
      log.note(`${shownName}: the moving tag ${quoted(tag.tag)} was left as it is, because the repository's tags are immutable.`);
    else set.push(tag.tag);
  }
  if (set.length > 0) log.done('tagged', job.plan.image, set.join(', '));
  return set;
}

/** The branch as CI systems name it, where git has a detached HEAD. */
export function ciBranch(env: NodeJS.ProcessEnv): string | undefined {
  if (env.GITHUB_HEAD_REF) return env.GITHUB_HEAD_REF;
  if (env.GITHUB_REF_TYPE === 'branch' && env.GITHUB_REF_NAME) return env.GITHUB_REF_NAME;
  return env.CI_COMMIT_BRANCH || env.BITBUCKET_BRANCH || env.BUILDKITE_BRANCH || undefined;
}

async function committedAs(job: ImageJob, root: string): Promise<string | undefined> {
  return job.uncommitted.length === 0 ? headCommit(root) : undefined;
}

function receiptOf(
  job: ImageJob,
  repository: string,
  head: ManifestHead,
  how: PushReceipt['how'],
  tags: string[],
  commit?: string,
): PushReceipt {
  const { image, key, platform, platformRef, bases } = job.plan;
  const bundles = job.bundles.map(({ content }) => content);
  return {
    receipt: 'docker-push',
    version: 1,
    image,
    key,
    platform,
    ...(platformRef !== undefined && { platformRef }),
    bases: { ...bases },
    bundles,
    repository,
    digest: head.digest,
    mediaType: head.mediaType,
    size: head.size,
    how,
    tags,
    ...(commit !== undefined && { commit }),
  };
}
