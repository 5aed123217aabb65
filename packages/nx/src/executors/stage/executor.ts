import type { ExecutorContext } from '@nx/devkit';
import { withSnapshot } from '../../git/snapshot/snapshot';
import { openRelease } from '../../workspace/workspace';
import { runExecutor } from '../run-task';
import type { StageOptions } from './schema';
import { stageProject } from './stage-project';

/** Stages one bundle to dist/stage/<id>/bundles/<folder>, byte for byte as git has it. */
export default function stage(options: StageOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const release = await openRelease(task.root, task.plugin);
    await withSnapshot(task.root, (snapshot) => stageProject(task, release, snapshot, options));
  });
}
