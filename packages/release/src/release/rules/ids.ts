import { quoted } from '../../problem/problem';
import { bundleFolder, idProblem } from '../../platform/bundle-id';
import { reservedBecause } from '../../platform/generation';
import { importedInstead } from '../../platform/python-names';
import { BUNDLES_ROOT } from '../release';
import type { Report, RuleInput } from './rule';
import { idPath } from './rule';

export function idsAreSafe({ found }: RuleInput, report: Report): void {
  for (const bundle of found) {
    // An empty id is already reported.
    const problem = bundle.value.id === '' ? undefined : idProblem(bundle.value.id);
    if (problem) report(problem, idPath(bundle), bundle.key === undefined ? undefined : 'key');
  }
}

export function idsAreUnique({ found }: RuleInput, report: Report): void {
  const ids = new Set<string>();
  const lower = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const bundle of found) {
    const { id } = bundle.value;
    const folder = bundleFolder(id);
    const nearly = lower.get(id.toLowerCase());
    const sharing = folders.get(folder.toLowerCase());
    if (ids.has(id)) {
      report(
        {
          code: 'duplicate-id',
          message: `The release has two bundles with the id ${quoted(id)}: the platform would keep only one of them.`,
          hint: 'give one of them another id',
        },
        idPath(bundle),
      );
    } else if (nearly !== undefined) {
      report(
        {
          code: 'id-case-clash',
          message: `${quoted(id)} and ${quoted(nearly)} differ only in case: on macOS and Windows they are the same folder.`,
          hint: 'give one of them another id',
        },
        idPath(bundle),
      );
    } else if (sharing !== undefined) {
      report(
        {
          code: 'folder-clash',
          message: `${quoted(id)} and ${quoted(sharing)} need the same folder ${BUNDLES_ROOT}/${folder}: the platform cannot import a folder with a dot in its name.`,
          hint: 'give one of them another id, without a dot',
        },
        idPath(bundle),
      );
    }
    ids.add(id);
    if (nearly === undefined) lower.set(id.toLowerCase(), id);
    if (sharing === undefined) folders.set(folder.toLowerCase(), id);
  }
}

export function idsAreFree({ found, release, options }: RuleInput, report: Report): void {
  for (const bundle of found) {
    const because = reservedBecause(bundle.value.id, release.generation, options.examples ?? false);
    if (because)
      report(
        {
          code: 'reserved-id',
          message: `${quoted(bundle.value.id)} is reserved: ${because}.`,
          hint: 'give the bundle another id',
        },
        idPath(bundle),
      );
    else folderIsFree(bundle, report);
  }
}

/** Python has one module for each name in a process, and finds installed packages before folders without an `__init__.py`. */
function folderIsFree(bundle: RuleInput['found'][number], report: Report): void {
  const folder = bundleFolder(bundle.value.id);
  const instead = importedInstead(folder);
  if (!instead) return;
  const spelling = instead.name === folder ? '' : ` (${quoted(instead.name)}, which is the same name on macOS and Windows)`;
  report(
    {
      code: 'reserved-id',
      message: `The folder of ${quoted(bundle.value.id)} has the same name as ${instead.owner}${spelling}: the platform would import that instead of the bundle.`,
      hint: `give the bundle another id, such as ${bundle.value.id.toLowerCase()}-bundle`,
    },
    idPath(bundle),
  );
}

export function defaultExists({ found, defaultId }: RuleInput, report: Report): void {
  if (!defaultId) return;
  // A wrong type is already reported.
  if (typeof defaultId.value === 'string' && !found.some(({ value }) => value.id === defaultId.value)) {
    const ids = found.map(({ value }) => value.id);
    report(
      {
        code: 'unknown-default',
        message: `The default bundle ${quoted(defaultId.value)} is not in this release: the platform would use kdcube.admin instead, without an error.`,
        hint: ids.length > 0 ? `one of ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}` : undefined,
      },
      defaultId.path,
    );
  }
}
