import type { ExecutorContext } from '@nx/devkit';
import { DeployPlan, type Environment } from '@kdcube/release/internal';
import { planRelease } from '../../targets/ecs/plan/plan';
import { requireNewer } from '../../targets/older-release';
import { requireSameReadiness } from '../../targets/ecs/plan/plan-file';
import { readSavedPlan } from '../../targets/plan-file';
import { requireSignedPlan } from '../../targets/ecs/plan/signed-plan';
import { lastGoodRecord, recordsOf } from '../../targets/records/records';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { prepareBundles } from '../../targets/git-mode/prepare';
import { requirePushed } from '../../targets/git-mode/pushed';
import type { Log } from '../../system/log';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease, type OpenRelease } from '../../workspace/workspace';
import { expectWrites } from '../../registry/tags/look-up';
import { checkCommitted, requireOwnPlan } from '../deploy-checks';
import { executeUnlessDryRun } from '../execute-plan';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor, type Task } from '../run-task';
import type { DeployEcsOptions } from './schema';

/** Deploys the release to an environment on ECS. */
export default function deployEcs(options: DeployEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const open = await openRelease(task.root, task.plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    logNotes(notes, task.log);
    await deployOnEcs(task, open, environment, options);
  });
}

/** The same for an environment that is open already. */
export async function deployOnEcs(
  { root, plugin, log }: Pick<Task, 'root' | 'plugin' | 'log'>,
  open: OpenRelease,
  environment: Environment,
  options: Omit<DeployEcsOptions, 'environment'>,
): Promise<void> {
  const imageOptions = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment);
  const records = recordsOf(environmentRegistry(environment, imageOptions.registries), log);
  if (!options.dryRun) expectWrites(records);
  const lastRecord = () => lastGoodRecord(records, environment.name, log);
  const planOptions = { ...imageOptions, offline: false, lastRecord };
  const saved =
    options.plan === undefined
      ? undefined
      : requireOwnPlan(readSavedPlan(DeployPlan, root, options.plan), options.plan, environment, 'deploy-ecs');
  const planned = saved ? undefined : await planRelease(open, environment, planOptions, log);
  const plan = saved ?? planned!.plan;
  if (saved) await checkSavedPlan(open, environment, saved, planOptions, log);
  checkCommitted(plan, options.allowUncommitted, 'deploy-ecs');
  if (!options.allowOlder) await requireNewer(root, plan, saved ? await lastRecord() : planned!.record, log);
  await executeUnlessDryRun(plan, records, options, log);
}

/** What may have changed since the plan was made: where proc is asked for its bundles, who signed its images, and whether the remote still has the commits of its bundles. */
async function checkSavedPlan(
  open: OpenRelease,
  written: Environment,
  plan: DeployPlan,
  options: Parameters<typeof requireSignedPlan>[3],
  log: Log,
): Promise<void> {
  requireSameReadiness(plan, written, open.release);
  const { environment, descriptor } =
    written.bundles.mode === 'git'
      ? await prepareBundles(open, written, options.registries, log)
      : { environment: written, descriptor: undefined };
  await requirePushed(open, descriptor?.clones ?? [], log);
  await requireSignedPlan(open, environment, plan, options, log);
}
