import type { ExecutorContext } from '@nx/devkit';
import type { Environment } from '@kdcube/release/internal';
import type { Repository } from '../../registry/blobs/blobs';
import type { Log } from '../../system/log';
import { withHost } from '../../targets/compose/host/host';
import { requireHostTarget, runsOnHost } from '../../targets/compose/place';
import { planHostRollback } from '../../targets/compose/plan/rollback';
import { planRollbackTo } from '../../targets/ecs/rollout/rollback';
import { requireSignedRollback } from '../../targets/ecs/plan/signed-plan';
import { recordsOf } from '../../targets/records/records';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { executeHostPlan } from '../execute-host-plan';
import { executeUnlessDryRun } from '../execute-plan';
import { ECS_TIMEOUT, HOST_TIMEOUT } from '../options';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { RollbackOptions } from './schema';

/** Rolls back to an earlier release. Works with a broken release.yaml: that may be the reason for the rollback. */
export default function rollback(options: RollbackOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const { environment } = openEnvironment(readWorkspaceLenient(root, plugin), options.environment);
    const imageOptions = releaseImageOptions(root, options, plugin, environment);
    const records = recordsOf(environmentRegistry(environment, imageOptions.registries), log);
    if (runsOnHost(environment)) return rollBackOnHost(environment, records, options, log);
    const { plan, record } = await planRollbackTo(environment, records, options.to, log);
    await requireSignedRollback(environment, plan, record, imageOptions, log);
    const resumeCommand = `nx run release:rollback:${environment.name} --to=${record.release}`;
    await executeUnlessDryRun(plan, records, { ...options, timeout: options.timeout ?? ECS_TIMEOUT }, log, {
      resumeCommand,
      carriedOver: record,
    });
  });
}

/** The host keeps what it needs: the registry may be down. */
async function rollBackOnHost(environment: Environment, records: Repository, options: RollbackOptions, log: Log): Promise<void> {
  requireHostTarget(environment);
  await withHost(environment.compose.host, async (host) => {
    const plan = await planHostRollback(environment, host, options.to);
    const resumeCommand = `nx run release:rollback:${environment.name} --to=${plan.release}`;
    await executeHostPlan(
      plan,
      host,
      environment,
      records,
      { ...options, timeout: options.timeout ?? HOST_TIMEOUT, resumeCommand },
      log,
    );
  });
}
