import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { explainPlan, KdcubeError, markdownPlan, OUT, printPlan } from '@kdcube/release/internal';
import { plannedDeploy } from '../../targets/ecs/plan/plan';
import { openEnvironment, registryOf } from '../../workspace/environment';
import { writeFileAtomic } from '../../system/files';
import { knownRecord } from '../../targets/ecs/records/known-record';
import { registriesOf } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { sayNotes } from '../notes';
import { perform } from '../perform';
import type { PlanOptions } from './schema';

/** What a deploy would do, for a person to read and for a deploy to carry out. */
export default function plan(options: PlanOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const startedAt = Date.now();
    const { offline, out, markdown } = options;
    if (offline && out !== undefined)
      throw new KdcubeError({
        code: 'wrong-option',
        message:
          '--offline makes a plan to be read, of what runs nobody was asked; no deploy could carry it out, so --out has nothing to write.',
        hint: 'one of the two',
      });
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    const registries = registriesOf(options, plugin);
    const lastRecord = () => knownRecord(root, environment.name, registryOf(environment, registries), log);
    const words = { registries, platform: options.platform ?? plugin.platform, offline, lastRecord };
    const planned = await plannedDeploy(open, environment, words, log);
    sayNotes([...notes, ...planned.notes], log);
    log.lines(explainPlan(planned.plan, options.values ? planned.values : undefined));
    log.event({ event: 'plan', plan: planned.plan });
    if (markdown !== undefined) await writeFileAtomic(path.resolve(root, markdown), markdownPlan(planned.plan));
    const place = out ?? OUT.plan(environment.name);
    if (!offline) await writeFileAtomic(path.resolve(root, place), printPlan(planned.plan));
    const written = [...(offline ? [] : [place]), ...(markdown === undefined ? [] : [markdown])];
    log.done('planned', environment.name, written.join(', '), startedAt);
  });
}
