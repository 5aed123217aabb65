import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { renderPlanText, KdcubeError, renderPlanMarkdown, OUT, printPlan } from '@kdcube/release/internal';
import { noteOlder } from '../../targets/ecs/plan/older-release';
import { planRelease } from '../../targets/ecs/plan/plan';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { writeFileAtomic } from '../../system/files';
import { knownRecord } from '../../targets/records/known-record';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { PlanOptions } from './schema';

/** Plans a deploy: for people to read and for `deploy-ecs` to execute. */
export default function plan(options: PlanOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const startedAt = Date.now();
    const { offline, out, markdown } = options;
    if (offline && out !== undefined)
      throw new KdcubeError({
        code: 'wrong-option',
        message:
          '--out cannot be used with --offline: an offline plan does not know what runs on ECS, so no deploy can execute it.',
        hint: 'remove --out or --offline',
      });
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    const imageOptions = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment);
    const lastRecord = () => knownRecord(root, environment.name, environmentRegistry(environment, imageOptions.registries), log);
    const planOptions = { ...imageOptions, offline, lastRecord };
    const planned = await planRelease(open, environment, planOptions, log);
    logNotes([...notes, ...planned.notes], log);
    log.lines(renderPlanText(planned.plan, options.values ? planned.values : undefined));
    log.event({ event: 'plan', plan: planned.plan });
    if (!offline) await noteOlder(root, planned.plan, planned.record, log);
    if (markdown !== undefined) await writeFileAtomic(path.resolve(root, markdown), renderPlanMarkdown(planned.plan));
    const place = out ?? OUT.plan(environment.name);
    if (!offline) await writeFileAtomic(path.resolve(root, place), printPlan(planned.plan));
    const written = [...(offline ? [] : [place]), ...(markdown === undefined ? [] : [markdown])];
    log.done('planned', environment.name, written.join(', '), startedAt);
  });
}
