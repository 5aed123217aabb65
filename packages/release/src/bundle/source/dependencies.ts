/** Files at a bundle's root that list Python packages to install, recognized by name. */
const LISTS =
  /^(?:requirements[\w.-]*\.(?:txt|in)|pipfile(?:\.lock)?|(?:poetry|uv|pdm|pixi)\.lock|pylock[\w.-]*\.toml|environment\.ya?ml|conda\.ya?ml|setup\.py)$/i;
/** Files that list packages only if their content matches. */
const SETTINGS: Record<string, RegExp> = {
  'pyproject.toml': /^\s*dependencies\s*=|^\s*\[tool\.(?:poetry|pdm)\.dependencies\]/m,
  'setup.cfg': /^\s*install_requires\s*=/m,
};
/** Development dependencies are not needed in an image. */
const DEVELOPMENT = /(?:^|[._-])(?:dev|develop(?:ment)?|test(?:s|ing)?|lint|docs?|ci)(?:[._-]|$)/i;

/** Whether a file at a bundle's root can list packages; for `settings`, its content decides. */
export function isDependencyFile(path: string): 'list' | 'settings' | undefined {
  if (LISTS.test(path) && !DEVELOPMENT.test(path)) return 'list';
  return Object.hasOwn(SETTINGS, path.toLowerCase()) ? 'settings' : undefined;
}

/**
 * A note about a bundle's lists of packages, which are not installed; undefined if it has none. `texts`: the content of the files that
 * `isDependencyFile` classifies as settings. `installed`: files that the platform installs for `@venv`.
 */
export function dependencyNote(
  id: string,
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
  installed: readonly string[] = [],
): string | undefined {
  const found = paths.filter((path) => {
    if (installed.includes(path)) return false;
    const kind = isDependencyFile(path);
    return kind === 'list' || (kind === 'settings' && SETTINGS[path.toLowerCase()]!.test(texts.get(path) ?? ''));
  });
  if (found.length === 0) return undefined;
  const [verb, them] = found.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${id}: ${found.join(', ')} ${verb} not installed: the standard Dockerfile copies bundles and installs nothing, so only packages of the platform’s image can be imported. To install ${them}, write a RUN into the image’s Dockerfile, or use the platform’s @venv.`;
}
