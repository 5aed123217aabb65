import { idProblem, isPythonKeyword, KdcubeError, normalPath, quoted, unsafePath } from '@kdcube/release/internal';
import type { Bundle, NewBundle, Problem, Release } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';

export interface BundlePlan {
  /** The entry in release.yaml. */
  entry: NewBundle;
  /** The folder of its code; undefined for a pinned bundle, whose code is in another repository. */
  folder?: string;
  /** Whether release.yaml already has exactly this bundle. */
  listed: boolean;
}

interface BundleRequest {
  name: string;
  title?: string;
  description?: string;
  directory: string;
  repo?: string;
  ref?: string;
  subdir?: string;
}

/** Plans how to add the bundle. Refuses what the rules of release.yaml cannot see; those are checked on the edited text. */
export function planBundle(request: BundleRequest, release: Release): BundlePlan {
  const { name: id, title, description, repo, ref } = request;
  refuse(idProblem(id));
  refuse(oneLine('--title', title) ?? oneLine('--description', description));
  const text = { id, name: title, description };
  const pinned = repo !== undefined || ref !== undefined;
  if (!pinned && request.subdir !== undefined) {
    refuse({
      code: 'wrong-option',
      message: '--subdir is a folder of another repository, and needs --repo.',
      hint: `--directory=${request.subdir}, for a folder of this workspace`,
    });
  }
  if (!pinned) refuse(dotProblem(id) ?? wordProblem(id));
  const place = pinned ? request.subdir : request.directory;
  const why = place === undefined ? undefined : unsafePath(place);
  if (why)
    refuse({
      code: 'unsafe-path',
      message: `${quoted(place)} cannot hold a bundle: ${why}.`,
      hint: 'a folder such as service/bundles',
    });
  const subdir = place === undefined ? '' : normalPath(place);
  const listed = release.bundles.find((bundle) => bundle.id === id);
  if (listed && !isSame(listed, pinned, repo, ref, subdir)) refuse(listedDifferently(listed));
  if (pinned) return { entry: { ...text, repo, ref, subdir: subdir || undefined }, listed: Boolean(listed) };
  const folder = subdir ? `${subdir}/${id}` : id;
  return { entry: { ...text, subdir: subdir === 'bundles' ? undefined : subdir }, folder, listed: Boolean(listed) };
}

/** The platform's loader turns each dot into a slash, so a folder with a dot never imports. */
function dotProblem(id: string): Problem | undefined {
  if (!id.includes('.')) return undefined;
  return {
    code: 'unsafe-id',
    message: `${quoted(id)} has a dot. The platform cannot import a folder with a dot in its name, so a new bundle needs an id without one.`,
    hint: `nx g @kdcube/nx:bundle ${id.replace(/\./g, '-')}`,
  };
}

/** A new bundle can have any id. These would surprise later: in an import of Python, in YAML, or on a command line. */
function wordProblem(id: string): Problem | undefined {
  const why = isPythonKeyword(id)
    ? 'is a keyword of Python: no import could name the bundle'
    : /^[\d_]+$/.test(id)
      ? 'is a number: without quotes, YAML and command lines read it as one'
      : undefined;
  if (why === undefined) return undefined;
  return { code: 'reserved-id', message: `${quoted(id)} ${why}.`, hint: `nx g @kdcube/nx:bundle ${id.toLowerCase()}-bundle` };
}

function isSame(bundle: Bundle, pinned: boolean, repo: string | undefined, ref: string | undefined, subdir: string): boolean {
  if (bundle.subdir !== subdir) return false;
  return bundle.kind === 'pinned' ? pinned && bundle.repo === repo && bundle.ref === ref : !pinned;
}

function listedDifferently(bundle: Bundle): Problem {
  const from = bundle.kind === 'pinned' ? `from ${quoted(bundle.repo)} at ${quoted(bundle.ref)}` : 'from this workspace';
  const where = bundle.subdir ? `, in ${quoted(bundle.subdir)}` : '';
  return {
    code: 'duplicate-id',
    message: `The release already has a bundle ${quoted(bundle.id)}, ${from}${where}.`,
    hint: 'change its lines in release.yaml, then nx sync; or give the new bundle another id',
    at: { file: 'release.yaml' },
  };
}

/** Refuses to overwrite anything: another bundle's folder, a name that differs only in case, a project with this name. */
export function folderIsFree(tree: Tree, folder: string, id: string): void {
  const refuseName = (message: string, hint?: string): never => refuse({ code: 'already-exists', message, hint }) as never;
  const parts = folder.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/');
    if (tree.isFile(above)) refuseName(`${above} is a file, so ${folder} cannot be created.`);
  }
  if (tree.exists(folder)) {
    refuseName(
      `${folder} exists already. The generator does not overwrite it.`,
      `to add the existing folder to the release, write in release.yaml, under items:\n- id: ${JSON.stringify(id)}`,
    );
  }
  const siblings = tree.children(parts.slice(0, -1).join('/') || '.');
  const near = siblings.find((name) => name.toLowerCase() === id.toLowerCase());
  if (near)
    refuse({
      code: 'id-case-clash',
      message: `${quoted(id)} and the folder ${quoted(near)} differ only in case: on macOS and Windows they are the same folder.`,
    });
  if (tree.exists(`images/${id}`))
    refuseName(`There is an image images/${id}, and two projects cannot share a name.`, 'give the bundle another id');
}

/** A class name for a bundle: `my-bundle@1-0` → `MyBundle`, `invoices` → `InvoicesBundle`. */
export function className(id: string): string {
  const parts = id
    .split('@')[0]!
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const name = parts.map((part) => part[0]!.toUpperCase() + part.slice(1)).join('');
  const letter = /^[0-9]/.test(name) ? `Bundle${name}` : name;
  return /bundle/i.test(letter) ? letter : `${letter}Bundle`;
}

function oneLine(option: string, text: string | undefined): Problem | undefined {
  if (text === undefined) return undefined;
  if (text !== '' && text.length <= 500 && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return undefined;
  return { code: 'wrong-option', message: `${option} must be one line of 1 to 500 characters.` };
}

function refuse(problem: Problem | Pick<Problem, 'code' | 'message' | 'hint'> | undefined): void {
  if (problem) throw new KdcubeError(problem);
}
