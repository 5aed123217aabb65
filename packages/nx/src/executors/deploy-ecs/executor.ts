import type { ExecutorContext } from '@nx/devkit';
import type { DeployPlan, Environment } from '@kdcube/release/internal';
import { KdcubeError } from '@kdcube/release/internal';
import { planRelease } from '../../targets/ecs/plan/plan';
import { requireNewer } from '../../targets/ecs/plan/older-release';
import { readPlanFile, requireSameReadiness } from '../../targets/ecs/plan/plan-file';
import { requireSignedPlan } from '../../targets/ecs/plan/signed-plan';
import { lastGoodRecord, recordsOf } from '../../targets/records/records';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { prepareBundles } from '../../targets/git-mode/prepare';
import { requirePushed } from '../../targets/git-mode/pushed';
import type { Log } from '../../system/log';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease, type OpenRelease } from '../../workspace/workspace';
import { expectWrites } from '../../registry/look-up';
import { executeUnlessDryRun } from '../execute-plan';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { DeployEcsOptions } from './schema';

/** Deploys the release to an environment on ECS. */
export default function deployEcs(options: DeployEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    logNotes(notes, log);
    const imageOptions = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment);
    const records = recordsOf(environmentRegistry(environment, imageOptions.registries), log);
    if (!options.dryRun) expectWrites(records);
    const lastRecord = () => lastGoodRecord(records, environment.name, log);
    const planOptions = { ...imageOptions, offline: false, lastRecord };
    const saved = options.plan === undefined ? undefined : savedPlan(readPlanFile(root, options.plan), options.plan, environment);
    const planned = saved ? undefined : await planRelease(open, environment, planOptions, log);
    const plan = saved ?? planned!.plan;
    if (saved) await checkSavedPlan(open, environment, saved, planOptions, log);
    checkCommitted(plan, options.allowUncommitted);
    if (!options.allowOlder) await requireNewer(root, plan, saved ? await lastRecord() : planned!.record, log);
    await executeUnlessDryRun(plan, records, options, log);
  });
}

/** In CI, what is deployed must be a commit: a job that generates or changes files would deploy content that no commit has. */
function checkCommitted({ environment, uncommitted = [] }: DeployPlan, allowed: boolean): void {
  if (uncommitted.length === 0 || allowed || !isCi()) return;
  throw new KdcubeError({
    code: 'not-committed',
    message: `In CI, only committed content is deployed. Not committed: ${uncommitted.join(', ')}.`,
    hint: `git status    shows what the job changed; nx run release:deploy-ecs:${environment} --allowUncommitted    deploys it all the same`,
  });
}

/** As CI systems and Nx define it. */
function isCi(): boolean {
  return !['', 'false', '0'].includes(process.env.CI ?? '');
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

/** Refuses a plan that was made for another environment. */
function savedPlan(plan: DeployPlan, file: string, environment: Environment): DeployPlan {
  if (plan.environment === environment.name) return plan;
  throw new KdcubeError({
    code: 'plan-invalid',
    message: `${file} is a plan for ${plan.environment}, not for ${environment.name}.`,
    hint: `nx run release:deploy-ecs:${plan.environment} --plan=${file}`,
    at: { file },
  });
}
