import type { ExecutorContext } from '@nx/devkit';
import { KdcubeError } from '@kdcube/release/internal';
import { withHost } from '../../targets/compose/host/host';
import { runsOnHost } from '../../targets/compose/place';
import { verifyHost } from '../../targets/compose/verify';
import { verifyRelease } from '../../targets/ecs/verify/release';
import { resultTable, toProblems } from '../../targets/ecs/verify/results';
import { openEnvironment } from '../../workspace/environment';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { VerifyOptions } from './schema';

/** Checks everything that a deployment needs. A failed check fails the task; an unknown result does not. */
export default function verify(options: VerifyOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const startedAt = Date.now();
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    logNotes(notes, log);
    const { secretKeys, layers } = options;
    const settings = {
      ...releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment),
      secretKeys,
      layers,
    };
    const results = runsOnHost(environment)
      ? await withHost(environment.compose.host, (host) => verifyHost(open, environment, host, settings, log))
      : await verifyRelease(open, environment, settings, log);
    log.lines(resultTable(results));
    for (const result of results) log.event({ event: 'check', ...result });
    const count = (status: string) => results.filter((result) => result.status === status).length;
    const problems = toProblems(results);
    if (problems.length > 0) throw new KdcubeError(problems);
    log.done('verified', environment.name, `${count('pass')} passed, ${count('unknown')} unknown`, startedAt);
  });
}
