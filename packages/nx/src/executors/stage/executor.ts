import type { ExecutorContext } from '@nx/devkit';
import { withSnapshot } from '../../git/snapshot';
import { openRelease } from '../../workspace/workspace';
import { perform } from '../perform';
import type { StageOptions } from './schema';
import { stageTask } from './stage-task';

/** A bundle's files, byte for byte as git has them, under dist/stage/<id>/bundles/<folder>. */
export default function stage(options: StageOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    const release = await openRelease(task.root, task.plugin);
    await withSnapshot(task.root, (snapshot) => stageTask(task, release, snapshot, options));
  });
}
