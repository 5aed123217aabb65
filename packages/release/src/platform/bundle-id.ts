import type { Problem } from '../problem/problem';
import { isObjectName, OBJECT_NAME_REASON } from '../document/object-names';
import { quoted } from '../problem/problem';

/**
 * The problem of a bundle id, if it is invalid. An id becomes a folder, a project's name, a part of a pin's path and an argument,
 * on every system: so it has letters, digits and `. _ @ + -`, starts with a letter or a digit, and has at most 100 characters.
 */
export function idProblem(id: string): Pick<Problem, 'code' | 'message' | 'hint'> | undefined {
  const unsafe = (why: string) => ({
    code: 'unsafe-id' as const,
    message: `${quoted(id)} cannot be a bundle id: ${why}.`,
    hint: 'letters, digits and . _ @ + - ; such as my-bundle@1-0-0',
  });
  if (id === '') return unsafe('it is empty');
  if (id.length > 100) return unsafe(`it has ${id.length} characters (at most 100)`);
  if (!/^[A-Za-z0-9]/.test(id)) return unsafe('it must start with a letter or a digit');
  if (!/^[A-Za-z0-9._@+-]+$/.test(id)) return unsafe('it holds a character that is not safe in a folder, a tag or an argument');
  if (id.includes('..') || id.endsWith('.')) return unsafe('it holds ".." or ends with "."');
  if (/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(id)) return unsafe('Windows reserves this name for a device');
  if (id.toLowerCase() === 'release') return unsafe('"release" is the project of release.yaml itself');
  if (isObjectName(id))
    return {
      code: 'reserved-id',
      message: `${quoted(id)} is reserved: ${OBJECT_NAME_REASON}.`,
      hint: 'give the bundle an id of its own',
    };
  return undefined;
}

/**
 * The folder of a bundle under /bundles. The platform's loader turns every dot of `module` into a slash, so a folder with a dot never
 * imports (HOUSE §9.1): the id if it has no dot, else the id with every character outside [A-Za-z0-9_] as `_`.
 */
export function bundleFolder(id: string): string {
  return id.includes('.') ? id.replace(/[^A-Za-z0-9_]/g, '_') : id;
}

/** The module that the loader imports, relative to /bundles. */
export function bundleModule(id: string): string {
  return `${bundleFolder(id)}.entrypoint`;
}
