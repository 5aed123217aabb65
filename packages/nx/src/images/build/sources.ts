import type { Dockerfile, ExternalBase } from '@kdcube/release/internal';
import { KdcubeError, quoted, readDockerfile } from '@kdcube/release/internal';
import { fetchBlobs } from '../../git/mirror/remote';
import { listTree, readBlobs } from '../../git/tree';
import type { Log } from '../../system/log';
import { buildArgs, type ImageJob } from '../job';

/** An image's Dockerfile and .dockerignore, as git has them. */
export interface Sources {
  /** `images/<image>/Dockerfile_…`, for messages. */
  file: string;
  text: string;
  dockerfile: Dockerfile;
  /** Of `<Dockerfile>.dockerignore`, else of `.dockerignore`, which is the order of docker's own; '' without either. */
  ignore: string;
}

/** Reads them, and refuses what would be built from something that no pin knows. */
export async function readSources(job: ImageJob, references: ReadonlyMap<string, string>, log: Log): Promise<Sources> {
  const { folder, files } = job;
  const entries = await listTree(files.store, files.tree);
  requireFreeName(
    job,
    entries.some(({ path }) => path === 'bundles' || path.startsWith('bundles/')),
  );
  const file = `${folder.path}/${folder.dockerfile}`;
  const oidOf = (name: string): string | undefined =>
    entries.find(({ path, mode }) => path === name && mode.startsWith('100'))?.oid;
  const oid = oidOf(folder.dockerfile);
  if (oid === undefined) throw notSeen(file);
  const ignored = oidOf(`${folder.dockerfile}.dockerignore`) ?? oidOf('.dockerignore');
  await fetchBlobs(files.store, files.tree, log);
  const texts = new Map<string, string>();
  for await (const blob of readBlobs(files.store, [oid, ...(ignored === undefined ? [] : [ignored])]))
    texts.set(blob.oid, await textOf(blob.chunks));
  const text = texts.get(oid)!;
  const dockerfile = readDockerfile(text, file, buildArgs(job));
  requirePinned(dockerfile.bases, references, file);
  return { file, text, dockerfile, ignore: withBundles(job, ignored === undefined ? '' : texts.get(ignored)!) };
}

/** What an image's own .dockerignore hides of the bundles would be missing in the image, while its labels name them whole. */
export function withBundles({ bundles }: Pick<ImageJob, 'bundles'>, ignore: string): string {
  return ignore === '' || bundles.length === 0 ? ignore : `${ignore}\n!bundles\n!bundles/**\n`;
}

/** Problem `already-exists`: the release's bundles belong into the folder `bundles` of the context. */
export function requireFreeName({ bundles, folder }: Pick<ImageJob, 'bundles' | 'folder'>, taken: boolean): void {
  if (bundles.length === 0 || !taken) return;
  throw new KdcubeError({
    code: 'already-exists',
    message: `${folder.path} has a bundles folder of its own, where the release's bundles belong.`,
    hint: 'rename it',
    at: { file: `${folder.path}/bundles` },
  });
}

/** A base that only a build argument names: built from its tag, one content key would stand for two images. Problem `wrong-option`. */
export function requirePinned(bases: readonly ExternalBase[], references: ReadonlyMap<string, string>, file: string): void {
  const unpinned = bases.find(({ name }) => !references.has(name));
  if (!unpinned) return;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `With these build arguments the image is made from ${quoted(unpinned.name)}, and its pin says nothing of that.`,
    hint: 'write the image into the Dockerfile, as the value of its ARG, and run nx sync',
    at: { file, line: unpinned.line },
  });
}

/** Problem `dockerfile-missing`: the folder is seen, its Dockerfile is not. */
export function notSeen(file: string): KdcubeError {
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: `git does not see ${file}, though other files of its folder.`,
    hint: `git check-ignore --verbose ${file}    names the rule that hides it`,
    at: { file },
  });
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}
