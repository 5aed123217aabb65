import type { PeopleTag, PushReceipt } from '@kdcube/release';
import { checkTag, customerTags, KdcubeError, quoted, repositoryOf, shown } from '@kdcube/release';
import { buildLocal, localName } from './build';
import { findEngine, localLabels, push } from './docker';
import type { Engine } from './docker';
import { withLock } from '../files';
import { currentBranch, headCommit } from '../git/workspace';
import { contentOf, type ImageJob } from './job';
import type { Log } from '../log';
import type { Registries } from './registries';
import { openRegistry, requireRegistry } from './registries';
import { getManifest, headManifest } from '../registry/registry';
import type { ManifestHead, Registry } from '../registry/registry';
import { setTag } from '../registry/tags';

export interface PushOptions {
  root: string;
  registries: Registries;
  engine: 'auto' | Engine;
  dryRun: boolean;
  branch?: string;
  tagPrefix?: string;
}

/** Where an image goes. */
interface Target {
  registry: Registry;
  repository: string;
  /** The repository with its host, as people type it. */
  shownName: string;
}

/** Building and sending: longer than both may take, so that whoever waits for another process waits for its end. Milliseconds. */
const PATIENCE = 3 * 3_600_000;

/**
 * Brings an image to the registry (HOUSE law 4): asks for its key first; what is there is adopted, and nothing is built or sent. After a push the tag is read
 * back: its digest is what the registry has, whatever the engine says. Returns the receipt; undefined on a dry run that found nothing.
 */
export async function pushImage(job: ImageJob, options: PushOptions, log: Log): Promise<PushReceipt | undefined> {
  const name = requireRegistry(options.registries);
  const { image, tag } = job.plan;
  const target: Target = {
    registry: openRegistry(name.host, log),
    repository: repositoryOf(name, image),
    shownName: `${shown(name)}/${image}`,
  };
  const adopted = await adopt(job, target, log);
  if (adopted) return adopted;
  // Before anything is built: a name that cannot be a tag must not be found out behind a push.
  const tags = await tagsForPeople(job, options, log);
  if (options.dryRun) {
    log.done('would push', image, `to ${target.shownName}:${tag}`);
    return undefined;
  }
  // Two runs on one machine would build the same image twice, and one would untag in the engine what the other is sending.
  const sendOnce = async () => (await adopt(job, target, log)) ?? send(job, target, tags, options, log);
  return withLock(`the push of ${target.shownName}:${tag}`, sendOnce, PATIENCE, log);
}

async function adopt(job: ImageJob, { registry, repository, shownName }: Target, log: Log): Promise<PushReceipt | undefined> {
  const startedAt = Date.now();
  const there = await headManifest(registry, repository, job.plan.tag);
  if (!there) return undefined;
  log.done('adopted', job.plan.image, `${there.digest}  (its key was there: nothing built, nothing sent)`, startedAt);
  return receiptOf(job, shownName, there, 'adopted', []);
}

async function send(job: ImageJob, target: Target, wanted: PeopleTag[], options: PushOptions, log: Log): Promise<PushReceipt> {
  const startedAt = Date.now();
  const { registry, repository, shownName } = target;
  const { image, key, tag } = job.plan;
  const engine = await findEngine(options.engine);
  const local = localName(job.plan);
  const found = (await localLabels(engine, local))?.['io.kdcube.content-key'] === key;
  if (!found) await buildLocal(engine, job, options.registries, options.root, log);
  // The engine goes the way that our own questions go.
  await push(engine, local, `${shownName}:${tag}`, log, { plainHttp: registry.base.protocol === 'http:' });
  const head = await headManifest(registry, repository, tag);
  if (!head) {
    throw new KdcubeError(
      { code: 'push-failed', message: `The push of ${shownName} ended well, but the registry does not have its tag ${tag}.` },
      { changed: 'layers may have been sent' },
    );
  }
  log.done('pushed', image, head.digest, startedAt);
  const tags = await tagForPeople(target, head, wanted, log).catch((error: unknown) => {
    if (!(error instanceof KdcubeError)) throw error;
    throw new KdcubeError(error.problems, {
      cause: error,
      changed: `${shownName} has the image (${head.digest}); its customer tags are not all set`,
    });
  });
  if (tags.length > 0) log.done('tagged', image, tags.join(', '));
  return receiptOf(job, shownName, head, found ? 'found' : 'built', tags, await committedAs(job, options.root));
}

/** customer-<sha> and the moving customer-<branch>, for what is pushed. What is not committed gets neither: the commit does not hold it. */
async function tagsForPeople(job: ImageJob, options: PushOptions, log: Log): Promise<PeopleTag[]> {
  if (job.uncommitted.length > 0) {
    log.note(
      `${job.plan.image} holds what is not committed (${job.uncommitted.join(', ')}): it gets no customer tags, and cannot be tagged as a release.`,
    );
    return [];
  }
  const branch = options.branch ?? (await currentBranch(options.root)) ?? ciBranch(process.env);
  if (!branch) log.note('No branch is checked out, and the CI system names none: no branch tag is set.');
  const tags = customerTags({ commit: await headCommit(options.root), branch }, options.tagPrefix);
  for (const { tag } of tags) checkTag(tag);
  return tags;
}

async function tagForPeople(
  { registry, repository, shownName }: Target,
  head: ManifestHead,
  wanted: PeopleTag[],
  log: Log,
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const manifest = await getManifest(registry, repository, head.digest);
  const set: string[] = [];
  for (const tag of wanted) {
    const outcome = await setTag(registry, repository, tag, manifest);
    if (outcome === 'skipped')
      log.note(`${shownName}: the moving tag ${quoted(tag.tag)} was left as it is, because the repository's tags are immutable.`);
    else set.push(tag.tag);
  }
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
  return {
    receipt: 'docker-push',
    version: 1,
    ...contentOf(job),
    repository,
    digest: head.digest,
    mediaType: head.mediaType,
    size: head.size,
    how,
    tags,
    ...(commit !== undefined && { commit }),
  };
}
