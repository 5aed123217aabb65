import type { ExecutorContext } from '@nx/devkit';
import { ComposePlan, type Environment, KdcubeError, type ReleaseRecord } from '@kdcube/release/internal';
import { expectWrites } from '../../registry/tags/look-up';
import { withHost } from '../../targets/compose/host/host';
import { composePlace, requireHostTarget } from '../../targets/compose/place';
import { planHostRelease, requireSameHost } from '../../targets/compose/plan/plan';
import { confirmPlan } from '../../targets/compose/rollout/confirm';
import { readSavedPlan } from '../../targets/plan-file';
import { requireNewer } from '../../targets/older-release';
import { recordsOf } from '../../targets/records/records';
import { environmentRegistry, openEnvironment } from '../../workspace/environment';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease, type OpenRelease } from '../../workspace/workspace';
import { checkCommitted, requireOwnPlan } from '../deploy-checks';
import { executeHostPlan } from '../execute-host-plan';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor, type Task } from '../run-task';
import type { DeployComposeOptions } from './schema';

/** Deploys the release to a host with docker compose. */
export default function deployCompose(options: DeployComposeOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const open = await openRelease(task.root, task.plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    logNotes(notes, task.log);
    await deployOnHost(task, open, environment, options);
  });
}

/** The same for an environment that is open already. */
export async function deployOnHost(
  { root, plugin, log }: Pick<Task, 'root' | 'plugin' | 'log'>,
  open: OpenRelease,
  environment: Environment,
  options: Omit<DeployComposeOptions, 'environment'>,
): Promise<void> {
  requireHostTarget(environment);
  const imageOptions = {
    ...releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment),
    offline: false,
  };
  const records = recordsOf(environmentRegistry(environment, imageOptions.registries), log);
  if (!options.dryRun) expectWrites(records);
  await withHost(environment.compose.host, async (host) => {
    const planned = await planHostRelease(open, environment, host, imageOptions, log);
    logNotes(planned.notes, log);
    const saved =
      options.plan === undefined
        ? undefined
        : requireOwnPlan(readSavedPlan(ComposePlan, root, options.plan), options.plan, environment, 'deploy');
    if (saved) requireSameHost(saved, planned.plan);
    if (saved && imageOptions.signedFor !== undefined) requireSameImages(saved, planned.plan);
    const plan = saved ?? planned.plan;
    checkCommitted(plan, options.allowUncommitted, 'deploy');
    if (!options.allowOlder) await requireNewer(root, plan, planned.last && recordedCommit(planned.last), log);
    await executeHostPlan(
      plan,
      host,
      environment,
      records,
      {
        ...options,
        resumeCommand: `nx run release:deploy:${environment.name}`,
        confirm: () => confirmPlan(host, composePlace(environment), environment, plan),
      },
      log,
    );
  });
}

/** The images of a fresh plan are verified and signed; a file may have been replaced since it was made. Problem `image-unsigned`. */
function requireSameImages(saved: ComposePlan, fresh: ComposePlan): void {
  const imagesOf = ({ content: { services, exec } }: ComposePlan) =>
    [...Object.values(services), ...(exec ? [exec] : [])].map(({ image }) => image);
  const verified = imagesOf(fresh);
  const other = imagesOf(saved).find((image) => !verified.includes(image));
  if (other === undefined) return;
  throw new KdcubeError({
    code: 'image-unsigned',
    message: `${saved.environment} requires signatures, and the saved plan names ${other}, which is not an image of this release.`,
    hint: `nx run release:plan:${saved.environment}    makes a new plan`,
  });
}

function recordedCommit({ release, commit }: { release: string; commit?: string }): Pick<ReleaseRecord, 'release' | 'commit'> {
  return { release, ...(commit !== undefined && { commit }) };
}
