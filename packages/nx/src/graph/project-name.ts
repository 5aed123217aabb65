import { KdcubeError, nxProjectName, projectNamed, quoted } from '@kdcube/release/internal';
import type { Files } from '@kdcube/release/internal';
import { releaseProjectName, type PluginOptions } from '../plugin-options';

/** Nx fails if two projects have one name, and prefers the name in a project's own file: `release` would not be found. Problem `already-exists`: both cases. */
export function requireProjectName(files: Files, options: PluginOptions): void {
  const name = releaseProjectName(options);
  const root = nxProjectName(files, '');
  if (root && root.name !== name)
    throw new KdcubeError({
      code: 'already-exists',
      message: `${root.file} calls the project of the root ${quoted(root.name)}, so Nx has no project ${quoted(name)} for release.yaml.`,
      hint: inNxJson(root.name),
      at: { file: root.file },
    });
  const other = root ? undefined : projectNamed(files, name);
  if (!other) return;
  throw new KdcubeError({
    code: 'already-exists',
    message: `${other.file} names a project ${quoted(name)}, and the project of release.yaml has this name too.`,
    hint: inNxJson('kdcube-release'),
    at: { file: other.file },
  });
}

function inNxJson(name: string): string {
  return `in nx.json: {"plugin": "@kdcube/nx", "options": {"project": ${JSON.stringify(name)}}}    then nx run ${name}:validate`;
}
