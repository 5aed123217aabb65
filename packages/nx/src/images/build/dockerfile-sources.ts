import { type Dockerfile, type ExternalBase, KdcubeError, quoted, readDockerfile } from '@kdcube/release/internal';
import { fetchBlobs } from '../../git/mirror/fetch-blobs';
import { listTree } from '../../git/tree';
import { readBlobs } from '../../git/blobs';
import type { ContextTree } from '../../oci/context';
import { FRONTEND_FOLDER } from '../../workspace/frontend';
import type { Log } from '../../system/log';
import { buildArgs, type ImageJob } from '../job';

/** An image's Dockerfile and .dockerignore, from git. */
export interface DockerfileSources {
  /** `images/<image>/Dockerfile_…`, for messages. */
  file: string;
  text: string;
  dockerfile: Dockerfile;
  /** `<Dockerfile>.dockerignore`, else `.dockerignore`, as docker does; '' without either. */
  ignore: string;
}

/** Reads them. Problem `wrong-option` if a base is in no pin. */
export async function readDockerfileSources(
  job: ImageJob,
  references: ReadonlyMap<string, string>,
  log: Log,
): Promise<DockerfileSources> {
  const { folder, files } = job;
  const store = await files.open();
  const entries = await listTree(store, files.tree);
  requireFreeFolders(job, (folder) => entries.some(({ path }) => path === folder || path.startsWith(`${folder}/`)));
  const file = `${folder.path}/${folder.dockerfile}`;
  const oidOf = (name: string): string | undefined =>
    entries.find(({ path, mode }) => path === name && mode.startsWith('100'))?.oid;
  const oid = oidOf(folder.dockerfile);
  if (oid === undefined) throw ignoredDockerfile(file);
  const ignored = oidOf(`${folder.dockerfile}.dockerignore`) ?? oidOf('.dockerignore');
  await fetchBlobs(store, files.tree, log);
  const texts = new Map<string, string>();
  for await (const blob of readBlobs(store, [oid, ...(ignored === undefined ? [] : [ignored])]))
    texts.set(blob.oid, await textOf(blob.chunks));
  const text = texts.get(oid)!;
  const dockerfile = readDockerfile(text, file, buildArgs(job));
  requirePinned(dockerfile.bases, references, file);
  return { file, text, dockerfile, ignore: withBundles(job, ignored === undefined ? '' : texts.get(ignored)!) };
}

/** The image's labels name whole bundles, so its .dockerignore must not exclude parts of them. */
export function withBundles({ bundles }: Pick<ImageJob, 'bundles'>, ignore: string): string {
  return ignore === '' || bundles.length === 0 ? ignore : `${ignore}\n!bundles\n!bundles/**\n`;
}

/** Problem `already-exists`: the folders `bundles` and `frontend` of the context are reserved for those of the release, if the image has them. */
export function requireFreeFolders(
  { bundles, frontend, folder }: Pick<ImageJob, 'bundles' | 'frontend' | 'folder'>,
  hasFolder: (name: string) => boolean,
): void {
  const refuse = (name: string, what: string): never => {
    throw new KdcubeError({
      code: 'already-exists',
      message: `${folder.path} has its own folder ${name}, which is reserved for the release's ${what}.`,
      hint: 'rename it',
      at: { file: `${folder.path}/${name}` },
    });
  };
  if (bundles.length > 0 && hasFolder('bundles')) refuse('bundles', 'bundles');
  if (frontend && hasFolder(FRONTEND_FOLDER)) refuse(FRONTEND_FOLDER, 'frontend');
}

/** Rejects a base that only a build argument names: its tag can move, and one content key would then identify two images. Problem `wrong-option`. */
export function requirePinned(bases: readonly ExternalBase[], references: ReadonlyMap<string, string>, file: string): void {
  const unpinned = bases.find(({ name }) => !references.has(name));
  if (!unpinned) return;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `With these build arguments the image is built from ${quoted(unpinned.name)}, which is not in its pin.`,
    hint: 'write the image into the Dockerfile, as the value of its ARG, and run nx sync',
    at: { file, line: unpinned.line },
  });
}

/** Problem `dockerfile-missing`: git ignores the Dockerfile, but not its folder. */
export function ignoredDockerfile(file: string): KdcubeError {
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: `git ignores ${file}.`,
    hint: `git check-ignore --verbose ${file}    shows the rule`,
    at: { file },
  });
}

/** The git trees of the build context: the image's folder, its bundles, and the frontend. */
export function contextTrees({ files, folder, bundles, frontend }: ImageJob): ContextTree[] {
  const own = {
    path: '',
    tree: files.tree,
    open: files.open,
    subject: folder.path,
    at: { file: folder.path },
  };
  const trees = bundles.map(({ content, open, place }) => ({
    path: `bundles/${content.folder}`,
    tree: content.tree,
    open,
    subject: content.id,
    at: { file: place },
  }));
  if (!frontend) return [own, ...trees];
  const { tree, open, place } = frontend;
  return [own, ...trees, { path: FRONTEND_FOLDER, tree, open, subject: 'frontend', at: { file: place } }];
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}
