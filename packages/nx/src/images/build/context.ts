import * as fs from 'node:fs';
import * as path from 'node:path';
import { pinBases, readDockerfile } from '@kdcube/release/internal';
import { pluralize, type Log } from '../../system/log';
import { inParallel, PARALLEL_REQUESTS } from '../../system/parallel';
import { FRONTEND_FOLDER } from '../../workspace/frontend';
import { stageTree } from '../../workspace/stage';
import { buildArgs, type ImageJob } from '../job';
import { ignoredDockerfile, requireFreeFolders, requirePinned, withBundles } from './dockerfile-sources';

/**
 * Writes the image's build context into `dir`: its own files, the bundles and the frontend as in git, and a Dockerfile that names its bases by digest.
 * `references`: where to pull each base from.
 */
export async function writeContext(job: ImageJob, dir: string, references: ReadonlyMap<string, string>, log: Log): Promise<void> {
  await stageTree(await job.files.open(), job.files.tree, dir, { subject: job.folder.path, at: { file: job.folder.path }, log });
  requireFreeFolders(job, (folder) => fs.existsSync(path.join(dir, folder)));
  await inParallel(job.bundles, PARALLEL_REQUESTS, async (found) => {
    const startedAt = Date.now();
    const store = await found.open();
    const { files } = await stageTree(store, found.content.tree, path.join(dir, 'bundles', found.content.folder), {
      subject: found.content.id,
      at: { file: found.place },
      log,
    });
    log.done('staged', found.content.id, pluralize(files, 'file'), startedAt);
  });
  if (job.frontend) {
    const startedAt = Date.now();
    const { tree, place, open } = job.frontend;
    const staging = { subject: 'frontend', at: { file: place }, log };
    const { files } = await stageTree(await open(), tree, path.join(dir, FRONTEND_FOLDER), staging);
    log.done('staged', 'frontend', pluralize(files, 'file'), startedAt);
  }
  for (const name of ['.dockerignore', `${job.folder.dockerfile}.dockerignore`]) {
    const ignore = path.join(dir, name);
    if (fs.existsSync(ignore)) await fs.promises.writeFile(ignore, withBundles(job, await fs.promises.readFile(ignore, 'utf8')));
  }
  const file = path.join(dir, job.folder.dockerfile);
  const shownFile = `${job.folder.path}/${job.folder.dockerfile}`;
  if (!fs.existsSync(file)) throw ignoredDockerfile(shownFile);
  const written = await fs.promises.readFile(file, 'utf8');
  const text = job.platform ? job.platform.rewrite(written) : written;
  const { bases } = readDockerfile(text, shownFile, buildArgs(job));
  requirePinned(bases, references, shownFile);
  await fs.promises.writeFile(file, pinBases(text, bases, references));
}
