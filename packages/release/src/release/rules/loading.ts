import { quoted } from '../../problem/problem';
import { bundleFolder, bundleModule, idProblem } from '../../platform/bundle-id';
import { GENERATIONS } from '../../platform/generation';
import { BUNDLES_ROOT } from '../release';
import type { Report, RuleInput } from './rule';
import { idPath } from './rule';

export function modulesImport({ found }: RuleInput, report: Report, note: Report): void {
  for (const { value, path } of found) {
    const { id, module } = value;
    if (idProblem(id) !== undefined) continue;
    const expected = bundleModule(id);
    if (module !== undefined && ![expected, `${id}.entrypoint`, 'entrypoint'].includes(module)) {
      report(
        {
          code: 'module-mismatch',
          message: `${quoted(module)} is not the module of ${quoted(id)}: the image has ${BUNDLES_ROOT}/${bundleFolder(id)}/entrypoint.py.`,
          hint: `module: "${expected}", or remove the line`,
        },
        [...path, 'module'],
      );
    } else if (bundleFolder(id) !== id) {
      note(
        {
          code: 'module-rewritten',
          message: `The platform cannot import ${quoted(`${id}.entrypoint`)}: its loader turns every dot of a module into a slash. ${id} is staged as ${BUNDLES_ROOT}/${bundleFolder(id)} with the module ${expected}, and keeps its id.`,
        },
        module === undefined ? idPath({ path }) : [...path, 'module'],
      );
    }
  }
}

export function pathsAreDerived({ found }: RuleInput, report: Report): void {
  for (const { value, path } of found) {
    if (value.path === undefined) continue;
    const accepted = [BUNDLES_ROOT, `${BUNDLES_ROOT}/${value.id}`, `${BUNDLES_ROOT}/${bundleFolder(value.id)}`];
    if (!accepted.includes(value.path.replace(/\/+$/, ''))) {
      report(
        {
          code: 'path-outside',
          message: `${quoted(value.path)} cannot be the path of a bundle: bundles are always in ${BUNDLES_ROOT}.`,
          hint: 'remove the line',
        },
        [...path, 'path'],
      );
    }
  }
}

export function configHasOneName({ found, release }: RuleInput, report: Report, note: Report): void {
  const { config } = GENERATIONS[release.generation];
  for (const { value, path } of found) {
    const given = value.config !== undefined ? 'config' : 'props';
    if (value.config !== undefined && value.props !== undefined)
      report(
        {
          code: 'ignored-key',
          message: '"config" and "props" are the same setting: the platform reads only one of them.',
          hint: 'keep config:, remove props:',
        },
        [...path, 'props'],
        'key',
      );
    else if (value[given] !== undefined && config === undefined) {
      note(
        {
          code: 'ignored-key',
          message: `A platform of generation ${release.generation} (${release.generationBecause}) does not read ${quoted(given)}: the bundle will not get it.`,
        },
        [...path, given],
        'key',
      );
    }
  }
}
