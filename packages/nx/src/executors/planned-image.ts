import { readStatus, type GitStatus } from '../git/status';
import { withSnapshot } from '../git/snapshot/snapshot';
import type { ImageJob } from '../images/job';
import { planImageJob } from '../images/plan-job';
import { resolveRegistries, withMirroredRegistry } from '../workspace/registries';
import type { Registries } from '../workspace/registries';
import { openRelease } from '../workspace/workspace';
import type { Task } from './run-task';

interface ImageOptions {
  registry?: string;
  platformRegistry?: string;
  platform?: string;
  args: Record<string, string>;
  offline?: boolean;
}

/** Plans the image of a task and runs `work` with the plan and a snapshot of the workspace's files as git has them. `gitStatus`: git queries that are already running. */
export async function withPlannedImage<T>(
  { root, project, plugin, log }: Task,
  options: ImageOptions,
  work: (job: ImageJob, registries: Registries) => Promise<T>,
  gitStatus: GitStatus = readStatus(root),
): Promise<T> {
  const release = await openRelease(root, plugin, gitStatus);
  const registries = resolveRegistries(options, withMirroredRegistry(plugin, release.release));
  const planOptions = { platform: options.platform ?? plugin.platform, args: options.args, offline: options.offline ?? false };
  return withSnapshot(
    root,
    async (snapshot) => work(await planImageJob(release, project, snapshot, planOptions, log), registries),
    gitStatus,
  );
}
