import type { ExecutorContext } from '@nx/devkit';
import { planRollbackTo } from '../../targets/ecs/rollout/rollback';
import { requireSignedRollback } from '../../targets/ecs/plan/signed-plan';
import { recordsOf } from '../../targets/records/records';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { executeUnlessDryRun } from '../execute-plan';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { RollbackOptions } from './schema';

/** Rolls back to an earlier release. Works with a broken release.yaml: that may be the reason for the rollback. */
export default function rollback(options: RollbackOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const { environment } = openEnvironment(readWorkspaceLenient(root, plugin), options.environment);
    const imageOptions = releaseImageOptions(root, options, plugin, environment);
    const records = recordsOf(environmentRegistry(environment, imageOptions.registries), log);
    const { plan, record } = await planRollbackTo(environment, records, options.to, log);
    await requireSignedRollback(environment, plan, record, imageOptions, log);
    const resumeCommand = `nx run release:rollback:${environment.name} --to=${record.release}`;
    await executeUnlessDryRun(plan, records, options, log, { resumeCommand, carriedOver: record });
  });
}
