import { type Environment, KdcubeError, mustReadEnvironment } from '@kdcube/release/internal';
import type { Tree } from '@nx/devkit';
import { treeFiles } from '../tree-files';

/** config.json of an environment, for an image that has it in it. Throws the problems of the environment. */
export function bakedConfig(tree: Tree, name: string): string {
  const { environment } = mustReadEnvironment(name, treeFiles(tree));
  return `${JSON.stringify(configOf(environment), null, 2)}\n`;
}

function configOf({ tenant, project, frontend }: Environment): Record<string, unknown> {
  return frontend?.config ?? { tenant, project, auth: { authType: 'none' } };
}

/** An existing Dockerfile belongs to its author: it is not changed, and silence would read as "baked". */
export function requireBaked(tree: Tree, folder: string): void {
  if (tree.exists(`${folder}/config.json`)) return;
  throw new KdcubeError({
    code: 'already-exists',
    message: `${folder} has a Dockerfile already, and no config.json in the image.`,
    hint: `another name, with --kind=web-ui; or write ${folder}/config.json and, in the Dockerfile, COPY config.json /usr/share/nginx/html/config.json`,
  });
}
