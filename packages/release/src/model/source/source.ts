import type { Problem } from '../../problem';
import { entryProblems } from './entry';
import { importProblems } from './imports';
import type { BundleSources } from './layout';
import { packageOf, readBundle } from './layout';

/**
 * What is wrong with a bundle's Python, found without Python: no entrypoint.py, no entrypoint in it or several, and imports that work only
 * in the author's folder. `files` are the bundle's .py files: path relative to its root with `/`, and text. `at.folder` is the shown path of
 * its folder. A file that cannot be read (Python would refuse it) gives no problem: that is for the bundle's own test to say.
 */
export function checkBundleSource(files: ReadonlyMap<string, string>, at: { id: string; folder: string }): Problem[] {
  const bundle = readBundle(files, at);
  const entry = files.has('entrypoint.py') ? entryProblems(bundle) : [missing(bundle)];
  return [...entry, ...importProblems(bundle)];
}

function missing(bundle: BundleSources): Problem {
  const file = `${bundle.folder}/entrypoint.py`;
  return {
    code: 'entrypoint-missing',
    message: `The bundle ${bundle.id} has no entrypoint.py in its folder, and the platform imports a bundle by that file.`,
    hint: whereInstead(bundle) ?? `it must be ${file}`,
    at: { file },
  };
}

/** What to do where the file is near: deeper, or spelled with capitals. */
function whereInstead({ files, folder, id }: BundleSources): string | undefined {
  const spelled = [...files.keys()].find((path) => path.toLowerCase() === 'entrypoint.py');
  if (spelled) return `git mv ${folder}/${spelled} ${folder}/entrypoint.py`;
  const deeper = [...files.keys()].filter((path) => path.endsWith('/entrypoint.py') && !packageOf(path).includes('tests'));
  if (deeper.length !== 1) return undefined;
  const home = [...folder.split('/'), ...packageOf(deeper[0]!)];
  const parent = home.slice(0, -1).join('/');
  const rename = home.at(-1) === id ? '' : `, and that folder must be named ${id}`;
  return `it must be ${folder}/entrypoint.py; there is one in ${home.join('/')}: if that is the bundle, subdir must be its parent folder, ${parent}${rename}`;
}
