import { lookAt, type Look } from '../git/look';
import { withSnapshot } from '../git/snapshot';
import type { ImageJob } from '../images/job';
import { planOf } from '../images/job';
import { registriesOf } from '../workspace/registries';
import type { Registries } from '../workspace/registries';
import { openRelease } from '../workspace/workspace';
import type { Task } from './perform';

interface ImageWords {
  registry?: string;
  platformRegistry?: string;
  platform?: string;
  args: Record<string, string>;
  offline?: boolean;
}

/** Plans the image of a task and does `work` with it, while the workspace's files can be read as git has them. `look`: what git was asked already. */
export async function withImage<T>(
  { root, project, plugin, log }: Task,
  options: ImageWords,
  work: (job: ImageJob, registries: Registries) => Promise<T>,
  look: Look = lookAt(root),
): Promise<T> {
  const registries = registriesOf(options, plugin);
  const release = await openRelease(root, plugin, look);
  const words = { platform: options.platform ?? plugin.platform, args: options.args, offline: options.offline ?? false };
  return withSnapshot(root, async (snapshot) => work(await planOf(release, project, snapshot, words, log), registries), look);
}
