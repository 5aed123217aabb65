import { KdcubeError, quoted } from '../problem/problem';
import { checkBundleSource } from '../bundle/source/source';
import { idProblem } from '../platform/bundle-id';
import { readDockerfile } from '../image/dockerfile/dockerfile';
import type { Files } from '../image/files';
import { pythonFilesOf, textOf, walk } from './walk';

/** A folder with an entrypoint that the platform finds. */
interface BundleFolder {
  id: string;
  /** The folder that contains it; '' is the root. */
  subdir: string;
}

/** What a repository has that a release can use. */
export interface Discovery {
  bundles: BundleFolder[];
  /** Dockerfiles outside images/, by the name of their image. */
  images: Record<string, string>;
  /** Folders with env files or compose files of a running platform, for `import-compose`. */
  deployments: string[];
  /** What was found and is not used, and why. One line each. */
  notes: string[];
}

/** The Dockerfiles of the platform's documentation, by the image that they make. */
const DOCKERFILES = new Map([
  ['dockerfile_chatprocbundled', 'kdcube-chat-proc-bundled'],
  ['dockerfile_execbundled', 'kdcube-exec-bundled'],
]);

/** Looks for bundles, Dockerfiles of the two bundled images, and deployments. Reads files, and never throws for their content. */
export function discover(files: Files): Discovery {
  const found: Discovery = { bundles: [], images: {}, deployments: [], notes: [] };
  const isComplete = walk(files, (folder, names) => {
    if (names.includes('entrypoint.py') && folder !== '') return visitBundle(files, folder, found);
    if (folder !== 'images' && !folder.startsWith('images/'))
      for (const name of names) visitDockerfile(files, folder, name, found);
    if (names.some(isOfDeployment)) found.deployments.push(folder === '' ? '.' : folder);
    return 'descend';
  });
  if (!isComplete) found.notes.push('The repository has many files: not all folders were searched.');
  return found;
}

/** What compose and the platform's own deployments call these files. A bare compose.yaml may be anything, and `.env` too. */
function isOfDeployment(name: string): boolean {
  return (
    /^\.env\.(?:proc|ingress|metrics)$/.test(name) || /^docker-compose.*\.ya?ml$/.test(name) || /^compose\.ya?ml$/.test(name)
  );
}

function visitBundle(files: Files, folder: string, { bundles, notes }: Discovery): 'descend' | 'skip' {
  const slash = folder.lastIndexOf('/');
  const id = folder.slice(slash + 1);
  const problems = checkBundleSource(pythonFilesOf(files, folder), { id, folder });
  const none = problems.find(({ code }) => code.startsWith('entrypoint-'));
  // Many programs have an entrypoint.py. Without the decorator it is none of ours.
  if (none?.code === 'entrypoint-none') return 'descend';
  const same = bundles.find((bundle) => bundle.id.toLowerCase() === id.toLowerCase());
  const why = none?.message ?? idProblem(id)?.message ?? (same && `${pathOf(same)} has this id already.`);
  if (why === undefined) bundles.push({ id, subdir: folder.slice(0, Math.max(slash, 0)) });
  else notes.push(`${folder} is not added: ${why.replace(/\.?\n\s*/g, ', ')}`);
  return 'skip';
}

function visitDockerfile(files: Files, folder: string, name: string, { images, notes }: Discovery): void {
  const image = DOCKERFILES.get(name.toLowerCase());
  if (image === undefined) return;
  const file = folder === '' ? name : `${folder}/${name}`;
  const why = folder === '' ? 'it is at the root of the repository, which would be its build context' : whyNot(files, file);
  if (why !== undefined) notes.push(`${file} is not used: ${why}.`);
  else if (Object.hasOwn(images, image)) notes.push(`${file} is not used: ${quoted(image)} is made by ${images[image]!}.`);
  else images[image] = file;
}

function whyNot(files: Files, file: string): string | undefined {
  try {
    if (readDockerfile(textOf(files, file) ?? '', file, {}).copiesBundles) return undefined;
    return 'it does not copy ./bundles';
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems[0]!.message.replace(/\.$/, '');
    throw error;
  }
}

function pathOf({ id, subdir }: BundleFolder): string {
  return subdir === '' ? id : `${subdir}/${id}`;
}
