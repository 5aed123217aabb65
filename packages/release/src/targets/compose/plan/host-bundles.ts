import type { Environment } from '../../../environment/environment';
import type { ServiceEnv } from '../../../env/env';
import { OWN_FOLDER } from '../render/host-files';

/** The folder of the host with the bundles of proc's image, and that image. */
export interface HostBundles {
  image: string;
  folder: string;
}

const VARIABLE = 'HOST_BUNDLES_PATH';

/**
 * Code that docker runs gets the bundles of the host, at HOST_BUNDLES_PATH, mounted over those of its own image. Where bundles are baked, that is a folder that a deploy copies out of
 * proc's image, named by its digest. Undefined where no code runs with docker, or the environment names a folder itself.
 */
export function hostBundles({ exec, bundles, compose }: Environment, services: readonly ServiceEnv[]): HostBundles | undefined {
  const proc = services.find(({ component, target }) => component === 'proc' && target === 'compose');
  if (!proc || exec?.runtime !== 'docker' || bundles.mode !== 'baked' || Object.hasOwn(proc.env, VARIABLE)) return undefined;
  const digest = proc.image.slice(proc.image.indexOf('@sha256:') + '@sha256:'.length);
  return { image: proc.image, folder: `${compose.directory}/${OWN_FOLDER}/bundles/${digest.slice(0, 32)}` };
}

/** proc with the variable that names the folder. */
export function withHostBundles(services: readonly ServiceEnv[], found: HostBundles | undefined): ServiceEnv[] {
  return services.map((each) =>
    found && each.component === 'proc' && each.target === 'compose'
      ? { ...each, env: { ...each.env, [VARIABLE]: found.folder } }
      : each,
  );
}
