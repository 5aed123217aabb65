import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import { isObjectName, OBJECT_NAME_REASON } from '../document/object-names';
import { normalPath, unsafePath } from '../release/refs';
import type { Files } from './files';

const IMAGES = 'images';

/** An image of this repository: a folder in images/ with one Dockerfile, or a Dockerfile elsewhere that the plugin's options name. */
export interface ImageFolder {
  name: string;
  /** `images/<name>`, or the Dockerfile's folder. It is the build context, with the bundles in it. */
  path: string;
  /** The Dockerfile's name in it. */
  dockerfile: string;
}

/** The images of a workspace, by name. `elsewhere`: Dockerfiles outside images/, by the name of their image. */
export function imageFolders(files: Files, problems: Problem[], elsewhere: Readonly<Record<string, string>> = {}): ImageFolder[] {
  const placed = Object.entries(elsewhere).flatMap(([name, file]) => imageElsewhere(files, problems, name, file) ?? []);
  const inImages = foldersOf(files, problems);
  const twice = inImages.find(({ name }) => placed.some((image) => image.name === name));
  if (twice)
    problems.push({
      code: 'already-exists',
      message: `The image ${quoted(twice.name)} has two Dockerfiles: ${twice.path}/${twice.dockerfile}, and the one that nx.json names.`,
      hint: `git rm -r ${twice.path}    or remove it from "images" of the plugin's options`,
      at: { file: `${twice.path}/${twice.dockerfile}` },
    });
  return [...inImages.filter((image) => image !== twice), ...placed].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** An image whose Dockerfile stays where it is. */
function imageElsewhere(files: Files, problems: Problem[], name: string, file: string): ImageFolder | undefined {
  const wrong = (code: Problem['code'], why: string) =>
    void problems.push({
      code,
      message: `${quoted(name)} in "images" of the plugin's options: ${why}.`,
      hint: '"images": {"kdcube-chat-proc-bundled": "ops/docker/Dockerfile_ChatProcBundled"}',
      at: { file: 'nx.json', path: '@kdcube/nx.options.images' },
    });
  const place = normalPath(file);
  const slash = place.lastIndexOf('/');
  const unsafe = unsafePath(file);
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name) || isObjectName(name)) wrong('unsafe-name', 'it cannot be the name of an image');
  else if (unsafe) wrong('unsafe-path', `${quoted(file)} ${unsafe}`);
  // The folder is the build context, and its content is part of the image's key.
  else if (slash === -1)
    wrong('unsafe-path', `${quoted(file)} is at the root of the workspace, and would make all of it the build context`);
  else if (files.read(place) === undefined) wrong('dockerfile-missing', `there is no file ${quoted(file)}`);
  else return { name, path: place.slice(0, slash), dockerfile: place.slice(slash + 1) };
  return undefined;
}

function foldersOf(files: Files, problems: Problem[]): ImageFolder[] {
  const found: ImageFolder[] = [];
  for (const name of files.list(IMAGES).sort()) {
    const path = `${IMAGES}/${name}`;
    const dockerfiles = files
      .list(path)
      .filter((file) => /^Dockerfile(?:_\w+)?$/.test(file))
      .sort();
    if (dockerfiles.length === 0) continue;
    const [dockerfile] = dockerfiles;
    // If the folder were ignored silently, users would notice only when its image is missing.
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
      problems.push({
        code: 'unsafe-name',
        message: `${quoted(name)} cannot be the name of an image: lower-case letters, digits and . _ - only, as registries have it.`,
        hint: `git mv ${path} ${IMAGES}/${name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')}`,
        at: { file: path },
      });
    } else if (isObjectName(name)) {
      problems.push({
        code: 'reserved-id',
        message: `${quoted(name)} cannot be the name of an image: ${OBJECT_NAME_REASON}.`,
        hint: `git mv ${path} ${IMAGES}/kdcube-${name}`,
        at: { file: path },
      });
      continue;
    } else if (dockerfiles.length > 1) {
      problems.push({
        code: 'dockerfile-unreadable',
        message: `${path} has ${dockerfiles.join(' and ')}: a folder is one image, and has one Dockerfile.`,
        hint: `one folder below ${IMAGES}/ for each`,
        at: { file: `${path}/${dockerfiles[1]}` },
      });
    }
    if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) found.push({ name, path, dockerfile: dockerfile! });
  }
  return found;
}
