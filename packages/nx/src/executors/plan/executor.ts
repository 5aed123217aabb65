import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import {
  ComposePlan,
  DeployPlan,
  type Environment,
  KdcubeError,
  OUT,
  type PlanSchema,
  printPlan,
  type ReadablePlan,
  renderPlanMarkdown,
  renderPlanText,
  type ServiceValues,
} from '@kdcube/release/internal';
import { withHost } from '../../targets/compose/host/host';
import { planHostRelease } from '../../targets/compose/plan/plan';
import { requireHostTarget, runsOnHost } from '../../targets/compose/place';
import { planRelease } from '../../targets/ecs/plan/plan';
import { noteOlder } from '../../targets/older-release';
import { knownRecord } from '../../targets/records/known-record';
import { writeFileAtomic } from '../../system/files/files';
import { environmentRegistry, openEnvironment } from '../../workspace/environment';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor, type Task } from '../run-task';
import type { PlanOptions } from './schema';

/** Plans a deploy: for people to read and for a deploy to execute. */
export default function plan(options: PlanOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const { root, plugin, log } = task;
    checkOptions(options);
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    const verified = releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment);
    const imageOptions = { ...verified, allowsUnpushed: options.unpushed };
    logNotes(notes, log);
    const startedAt = Date.now();
    if (runsOnHost(environment)) {
      requireOnline(options, environment);
      requireHostTarget(environment);
      const planned = await withHost(environment.compose.host, (host) =>
        planHostRelease(open, environment, host, { ...imageOptions, offline: false }, log),
      );
      logNotes(planned.notes, log);
      return printPlanned(task, ComposePlan, { ...planned, running: planned.last }, options, startedAt);
    }
    const lastRecord = () => knownRecord(root, environment.name, environmentRegistry(environment, imageOptions.registries), log);
    const planned = await planRelease(open, environment, { ...imageOptions, offline: options.offline, lastRecord }, log);
    logNotes(planned.notes, log);
    return printPlanned(task, DeployPlan, { ...planned, running: planned.record }, options, startedAt);
  });
}

function checkOptions({ offline, unpushed, out }: PlanOptions): void {
  if (unpushed && out !== undefined)
    throw new KdcubeError({
      code: 'wrong-option',
      message: '--out cannot be used with --unpushed: no deploy can execute a plan of images that are not pushed.',
      hint: 'remove --out or --unpushed',
    });
  if (!offline || out === undefined) return;
  throw new KdcubeError({
    code: 'wrong-option',
    message: '--out cannot be used with --offline: an offline plan does not know what runs on ECS, so no deploy can execute it.',
    hint: 'remove --out or --offline',
  });
}

function requireOnline({ offline }: PlanOptions, { name }: Environment): void {
  if (!offline) return;
  throw new KdcubeError({
    code: 'wrong-option',
    message: `--offline cannot be used with ${name}: only its host knows what runs there.`,
    hint: `nx run release:plan:${name}`,
  });
}

interface Planned<Plan> {
  plan: Plan;
  values: ServiceValues;
  /** The release that runs. */
  running: Parameters<typeof noteOlder>[2];
}

async function printPlanned<Plan extends ReadablePlan>(
  { root, log }: Pick<Task, 'root' | 'log'>,
  schema: PlanSchema<Plan>,
  { plan: planned, values, running }: Planned<Plan>,
  options: PlanOptions,
  startedAt: number,
): Promise<void> {
  const { out, markdown } = options;
  const isForReading = options.offline || options.unpushed;
  log.lines(renderPlanText(planned, options.values ? values : undefined));
  log.event({ event: 'plan', plan: planned });
  if (!options.offline) await noteOlder(root, planned, running, log);
  if (markdown !== undefined) await writeFileAtomic(path.resolve(root, markdown), renderPlanMarkdown(planned));
  const place = out ?? OUT.plan(planned.environment);
  if (!isForReading) await writeFileAtomic(path.resolve(root, place), printPlan(planned, schema));
  const written = [...(isForReading ? [] : [place]), ...(markdown === undefined ? [] : [markdown])];
  log.done('planned', planned.environment, written.join(', '), startedAt);
}
