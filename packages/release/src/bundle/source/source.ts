import type { Problem } from '../../problem/problem';
import { checkEntrypoint } from './entry';
import { checkImports } from './imports';
import type { BundleSources } from './layout';
import { packageOf, readBundle } from './layout';

/**
 * Checks a bundle's Python without running it: entrypoint.py exists and has exactly one entrypoint, and the imports work in the platform's
 * process. `files` are the bundle's .py files, by path relative to its root, with `/`. `at.folder` is the path of its folder for messages.
 * A file that cannot be read (Python would reject it) gives no problem: the bundle's own test reports it.
 */
export function checkBundleSource(files: ReadonlyMap<string, string>, at: { id: string; folder: string }): Problem[] {
  const bundle = readBundle(files, at);
  const entrypoint = files.has('entrypoint.py') ? checkEntrypoint(bundle) : [missingEntrypoint(bundle)];
  return [...entrypoint, ...checkImports(bundle)];
}

function missingEntrypoint(bundle: BundleSources): Problem {
  const file = `${bundle.folder}/entrypoint.py`;
  return {
    code: 'entrypoint-missing',
    message: `The bundle ${bundle.id} has no entrypoint.py in its folder: the platform imports a bundle through that file.`,
    hint: misplacedEntrypointHint(bundle) ?? `create ${file}`,
    at: { file },
  };
}

/** The hint for an entrypoint.py in a deeper folder, or with different capitalization. */
function misplacedEntrypointHint({ files, folder, id }: BundleSources): string | undefined {
  const misspelled = [...files.keys()].find((path) => path.toLowerCase() === 'entrypoint.py');
  if (misspelled) return `git mv ${folder}/${misspelled} ${folder}/entrypoint.py`;
  const deeper = [...files.keys()].filter((path) => path.endsWith('/entrypoint.py') && !packageOf(path).includes('tests'));
  if (deeper.length !== 1) return undefined;
  const location = [...folder.split('/'), ...packageOf(deeper[0]!)];
  const parent = location.slice(0, -1).join('/');
  const rename = location.at(-1) === id ? '' : `, and rename that folder to ${id}`;
  return `create ${folder}/entrypoint.py; or, if the bundle is the folder ${location.join('/')}, set subdir to its parent folder, ${parent}${rename}`;
}
