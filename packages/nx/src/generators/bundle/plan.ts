import { idProblem, KdcubeError, normalPath, quoted, unsafePath } from '@kdcube/release/internal';
import type { Bundle, NewBundle, Problem, Release } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';

export interface BundlePlan {
  /** The entry of release.yaml. */
  entry: NewBundle;
  /** Where its code goes; undefined for a pinned bundle, whose code is elsewhere. */
  folder?: string;
  /** The release has exactly this bundle already. */
  listed: boolean;
}

interface Wanted {
  name: string;
  title?: string;
  description?: string;
  directory: string;
  repo?: string;
  ref?: string;
  subdir?: string;
}

/** What adding the bundle means. Throws for what no edit of release.yaml would notice: its rules are checked on the edited text. */
export function planBundle(wanted: Wanted, release: Release): BundlePlan {
  const { name: id, title, description, repo, ref } = wanted;
  refuse(idProblem(id));
  refuse(oneLine('--title', title) ?? oneLine('--description', description));
  const text = { id, name: title, description };
  const pinned = repo !== undefined || ref !== undefined;
  if (!pinned && wanted.subdir !== undefined) {
    refuse({
      code: 'wrong-option',
      message: '--subdir is a folder of another repository, and no --repo was given.',
      hint: `--directory=${wanted.subdir}, for a folder of this workspace`,
    });
  }
  if (!pinned) refuse(dotProblem(id));
  const place = pinned ? wanted.subdir : wanted.directory;
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

/** The loader makes a slash of each dot, so a folder with a dot never imports; the platform's own ids have none. */
function dotProblem(id: string): Problem | undefined {
  if (!id.includes('.')) return undefined;
  return {
    code: 'unsafe-id',
    message: `${quoted(id)} has a dot, and the platform never imports a folder with a dot. A new bundle gets an id that can be its folder.`,
    hint: `nx g @kdcube/nx:bundle ${id.replace(/\./g, '-')}`,
  };
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
    message: `The release has ${quoted(bundle.id)} already, ${from}${where}.`,
    hint: 'change its lines in release.yaml, then nx sync; or give the new bundle another id',
    at: { file: 'release.yaml' },
  };
}

/** Refuses to write into anything that is there: another bundle's folder, one that differs only in case, a project of this name. */
export function folderIsFree(tree: Tree, folder: string, id: string): void {
  const taken = (message: string, hint?: string): never => refuse({ code: 'already-exists', message, hint }) as never;
  const parts = folder.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/');
    if (tree.isFile(above)) taken(`${above} is a file, so ${folder} cannot be a folder in it.`);
  }
  if (tree.exists(folder)) {
    taken(
      `${folder} is there already, and nothing in it is overwritten.`,
      `to take it into the release as it is, write in release.yaml, under items:\n- id: ${JSON.stringify(id)}`,
    );
  }
  const siblings = tree.children(parts.slice(0, -1).join('/') || '.');
  const near = siblings.find((name) => name.toLowerCase() === id.toLowerCase());
  if (near)
    refuse({
      code: 'id-case-clash',
      message: `${quoted(id)} and the folder ${quoted(near)} differ only in case: on macOS and Windows they are one folder.`,
    });
  if (tree.exists(`images/${id}`))
    taken(`images/${id} is an image of this name, and two projects cannot share one.`, 'give the bundle another id');
}

/** A class name for a bundle: `my-bundle@1-0` → `MyBundle`, `invoices` → `InvoicesBundle`. */
export function className(id: string): string {
  const words = id
    .split('@')[0]!
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  const letter = /^[0-9]/.test(name) ? `Bundle${name}` : name;
  return /bundle/i.test(letter) ? letter : `${letter}Bundle`;
}

function oneLine(option: string, text: string | undefined): Problem | undefined {
  if (text === undefined) return undefined;
  if (text !== '' && text.length <= 500 && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) return undefined;
  return { code: 'wrong-option', message: `${option} is one line of at most 500 characters, and not empty.` };
}

function refuse(problem: Problem | Pick<Problem, 'code' | 'message' | 'hint'> | undefined): void {
  if (problem) throw new KdcubeError(problem);
}
