import { KdcubeError, readIgnore } from '@kdcube/release/internal';
import { readBlobs } from '../../git/blobs';
import { listTree } from '../../git/tree';
import { inParallel, PARALLEL_REQUESTS } from '../../system/parallel';
import type { Log } from '../../system/log';
import { findTreeSecrets, secretProblems } from '../../workspace/tree-secrets';
import type { ImageJob } from '../job';

/**
 * Throws a Problem for each secret file that the image would contain from this workspace: from its own folder (without what .dockerignore
 * excludes), and from workspace bundles. Problem `secret-in-file`.
 */
export async function requireImageWithoutSecrets(job: ImageJob, log: Log): Promise<void> {
  // The platform's files are the platform's own, public or not, and a copy of its published image is not scanned either.
  if (job.platform) return;
  const { files, bundles } = job;
  const found = await findTreeSecrets(await files.open(), files.tree, log);
  const ignore = found.length === 0 ? undefined : await ignoreOf(job);
  const problems = secretProblems(
    found.filter(({ path }) => !ignore?.excludes(path)),
    files.scanned,
  );
  if (problems.length > 0) throw new KdcubeError(problems);
  // Pinned bundles are scanned when they are opened: an image that already exists does not need them.
  const own = bundles.filter(({ pin }) => pin === undefined);
  await inParallel(own, PARALLEL_REQUESTS, (bundle) => bundle.open());
}

async function ignoreOf({ files, folder }: ImageJob): Promise<ReturnType<typeof readIgnore> | undefined> {
  const store = await files.open();
  const entries = await listTree(store, files.tree);
  const names = [`${folder.dockerfile}.dockerignore`, '.dockerignore'];
  const oid = names.map((name) => entries.find(({ path }) => path === name)?.oid).find((each) => each !== undefined);
  if (oid === undefined) return undefined;
  const parts: Buffer[] = [];
  for await (const { chunks } of readBlobs(store, [oid])) for await (const chunk of chunks) parts.push(chunk);
  try {
    return readIgnore(Buffer.concat(parts).toString('utf8'));
  } catch {
    // The build reports the problem.
    return undefined;
  }
}
