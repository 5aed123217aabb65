import { quoted } from '../../problem/problem';
import { bundleFolder, idProblem } from '../../platform/bundle-id';
import { reservedBecause } from '../../platform/generation';
import { importedInstead } from '../../platform/python-names';
import { BUNDLES_ROOT } from '../release';
import type { Report, RuleInput } from './rule';
import { idPath } from './rule';

export function idsAreSafe({ found }: RuleInput, report: Report): void {
  for (const bundle of found) {
    // That it is empty is said already.
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
          message: `The release already has a bundle ${quoted(id)}; the platform would keep one of the two.`,
        },
        idPath(bundle),
      );
    } else if (nearly !== undefined) {
      report(
        {
          code: 'id-case-clash',
          message: `${quoted(id)} and ${quoted(nearly)} differ only in case: on macOS and Windows they are one folder.`,
        },
        idPath(bundle),
      );
    } else if (sharing !== undefined) {
      report(
        {
          code: 'folder-clash',
          message: `${quoted(id)} and ${quoted(sharing)} both fall on ${BUNDLES_ROOT}/${folder}, because a folder with a dot never imports.`,
          hint: 'give one of them an id without dots',
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
          hint: 'give the bundle an id of its own',
        },
        idPath(bundle),
      );
    else folderIsFree(bundle, report);
  }
}

/** Python has one module for each name in a process, and looks for installed packages before folders without an `__init__.py`. */
function folderIsFree(bundle: RuleInput['found'][number], report: Report): void {
  const folder = bundleFolder(bundle.value.id);
  const instead = importedInstead(folder);
  if (!instead) return;
  const spelling = instead.name === folder ? '' : ` (as ${quoted(instead.name)}: on macOS and Windows the two are one name)`;
  report(
    {
      code: 'reserved-id',
      message: `The folder of ${quoted(bundle.value.id)} has the name of ${instead.owner}${spelling}. The platform would import that one, and not the bundle.`,
      hint: `give the bundle an id of its own, such as ${bundle.value.id.toLowerCase()}-bundle`,
    },
    idPath(bundle),
  );
}

export function defaultExists({ found, defaultId }: RuleInput, report: Report): void {
  if (!defaultId) return;
  // Another type is said already.
  if (typeof defaultId.value === 'string' && !found.some(({ value }) => value.id === defaultId.value)) {
    const ids = found.map(({ value }) => value.id);
    report(
      {
        code: 'unknown-default',
        message: `${quoted(defaultId.value)} is no bundle of this release. The platform would answer with kdcube.admin, silently.`,
        hint: ids.length > 0 ? `one of ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}` : undefined,
      },
      defaultId.path,
    );
  }
}
