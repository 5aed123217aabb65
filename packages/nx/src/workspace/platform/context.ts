import {
  type BuiltPlatformImage,
  type ContextEntry,
  KdcubeError,
  missingSources,
  type MissingSource,
  neededFiles,
  quoted,
  readIgnore,
  type TreeEntry,
} from '@kdcube/release/internal';
import { fetchBlobs } from '../../git/mirror/fetch-blobs';
import type { GitStore } from '../../git/mirror/store';
import { reducedTreeId, writeReducedTree } from '../../git/reduced-tree';
import { listTree, resolveTree } from '../../git/tree';
import { readFiles } from '../../git/tree-files';
import type { Log } from '../../system/log';

/** What a commit of the platform has for one of its images. */
export interface PlatformContext {
  store: GitStore;
  /** The git tree of the whole build context. */
  whole: string;
  entries: readonly TreeEntry[];
  /** The text of the Dockerfile, and of its .dockerignore: '' without one. */
  text: string;
  ignore: string;
  /** Its name in messages, as git shows it: `kdcube@2026.07.20.444:app/ai-app/…/Dockerfile_Ingress`. */
  file: string;
}

/** A key of the content must not depend on the machine: a source may name the architecture. */
const ARCHITECTURES = ['linux/amd64', 'linux/arm64'];

/** Reads the Dockerfile of an image at a commit. Fetches nothing else. Problem `dockerfile-missing`. */
export async function readPlatformContext(
  store: GitStore,
  commit: string,
  image: Pick<BuiltPlatformImage, 'repo' | 'ref' | 'context' | 'dockerfile'>,
  log: Log,
): Promise<PlatformContext> {
  const place = platformPlace(image);
  const whole = await resolveTree(store, commit, image.context, log);
  const entries = whole === undefined ? [] : await listTree(store, whole);
  const file = `${place}/${image.dockerfile}`;
  const isFile = ({ mode }: TreeEntry) => mode.startsWith('100');
  const named = (name: string) => entries.find((entry) => entry.path === name && isFile(entry));
  const dockerfile = named(image.dockerfile);
  if (whole === undefined || !dockerfile) throw noDockerfile(image, file, entries.filter(isFile));
  const ignored = named(`${image.dockerfile}.dockerignore`) ?? named('.dockerignore');
  const own = entries.filter((entry) => entry === dockerfile || entry === ignored);
  const readable = await writeReducedTree(store, own);
  await fetchBlobs(readable, reducedTreeId(own), log);
  const texts = new Map<TreeEntry, string>();
  for await (const { file: entry, content } of readFiles(readable, own)) texts.set(entry, content.toString('utf8'));
  return { store: readable, whole, entries, text: texts.get(dockerfile)!, ignore: (ignored && texts.get(ignored)) ?? '', file };
}

/** The build context as git shows a folder of a commit. */
export function platformPlace({ repo, ref, context }: Pick<BuiltPlatformImage, 'repo' | 'ref' | 'context'>): string {
  const name = repo
    .replace(/\/+$/, '')
    .replace(/^.*[/:]/, '')
    .replace(/\.git$/, '');
  return `${name}@${ref}:${context}`;
}

/** The files that the build needs, for every architecture. */
export function contextFiles(
  { text, entries }: Pick<PlatformContext, 'text' | 'entries'>,
  { dockerfile, args }: Pick<BuiltPlatformImage, 'dockerfile' | 'args'>,
): TreeEntry[] {
  const needed = new Set(ARCHITECTURES.flatMap((platform) => [...neededFiles(text, dockerfile, { args, platform }, entries)]));
  return entries.filter((entry) => needed.has(entry));
}

/** The sources of COPY and ADD that the commit does not have. */
export function missingFiles(
  { text, entries, ignore }: PlatformContext,
  args: Readonly<Record<string, string>>,
  platform: string,
): MissingSource[] {
  return missingSources(text, { args, platform }, entries.map(contextEntry), ignoreOf(ignore));
}

function contextEntry({ path, mode }: TreeEntry): ContextEntry {
  // The target of a link is its content, which is not fetched for this: the engine decides.
  if (mode === '120000' || mode === '160000') return { path, kind: 'closed' };
  return { path, kind: 'file', executable: mode === '100755' };
}

function ignoreOf(text: string): ReturnType<typeof readIgnore> {
  try {
    return readIgnore(text);
  } catch {
    // The engine decides.
    return readIgnore('');
  }
}

function noDockerfile(
  { context, dockerfile, ref }: Pick<BuiltPlatformImage, 'context' | 'dockerfile' | 'ref'>,
  file: string,
  files: readonly TreeEntry[],
): KdcubeError {
  const name = dockerfile.slice(dockerfile.lastIndexOf('/') + 1);
  const same = files.map(({ path }) => path).filter((path) => path.endsWith(`/${name}`));
  return new KdcubeError({
    code: 'dockerfile-missing',
    message: `The platform has no ${quoted(`${context}/${dockerfile}`)} at ${quoted(ref)}.`,
    hint:
      same.length > 0
        ? `platform.images in release.yaml names another one: dockerfile: "${same[0]!}"`
        : 'a platform.ref that has it; or, for a ref from before the image, "generation" in the options of @kdcube/nx',
    at: { file },
  });
}
