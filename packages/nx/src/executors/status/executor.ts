import type { ExecutorContext } from '@nx/devkit';
import type { EnvironmentStatus } from '@kdcube/release/internal';
import { exitCode, KdcubeError, printable, familyRevision } from '@kdcube/release/internal';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { withHost } from '../../targets/compose/host/host';
import { runsOnHost } from '../../targets/compose/place';
import { hostStatus } from '../../targets/compose/status';
import { recordsOf } from '../../targets/records/records';
import { environmentStatus } from '../../targets/ecs/records/status';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { resolveRegistries } from '../../workspace/registries';
import type { Log } from '../../system/log';
import { formatTable } from '../../system/table';
import { runExecutor } from '../run-task';
import type { StatusOptions } from './schema';

/** Shows what runs, and where it differs from the last release record. */
export default function status(options: StatusOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const workspace = readWorkspaceLenient(root, plugin);
    const { environment } = openEnvironment(workspace, options.environment);
    const place = recordsOf(environmentRegistry(environment, resolveRegistries(options, plugin)), log);
    const found = runsOnHost(environment)
      ? await withHost(environment.compose.host, (host) => hostStatus(environment, workspace.workspace, host, place, log))
      : await environmentStatus(environment, workspace.workspace, place, log);
    const code = found.drift.length > 0 ? exitCode('release-drift') : 0;
    log.event({ event: 'status', environment: environment.name, ...found, exitCode: code });
    print(environment.name, found, log);
    if (code === 0) return;
    throw new KdcubeError(
      found.drift.map((what) => ({
        code: 'release-drift',
        message: `${what}.`,
        hint: hintOf(environment.name, found),
      })),
    );
  });
}

/** Roll forward to release.yaml, or back to the record. */
function hintOf(environment: string, { release }: EnvironmentStatus): string {
  const back = release === undefined ? '' : `; nx run release:rollback:${environment} --to=${release}    restores ${release}`;
  return `nx run release:plan:${environment}    shows what the next deploy would do${back}`;
}

/** A completed rollout is only worth a word without drift. */
function stateOf(isDrift: boolean, rollout = ''): string {
  const state = rollout.toLowerCase().replace(/_/g, ' ');
  if (!isDrift) return state;
  return rollout === '' || rollout === 'COMPLETED' ? 'drift' : `drift, ${state}`;
}

function minute(time: string | undefined): string {
  return time?.slice(0, 16).replace('T', ' ') ?? '';
}

function print(environment: string, found: EnvironmentStatus, log: Log): void {
  const { release, since, lastAttempt, underWay, unfinished, services, bundles, notDeployed } = found;
  const first =
    release !== undefined
      ? `${release}, since ${minute(since)} UTC`
      : lastAttempt
        ? 'no deployment has succeeded yet'
        : 'no deployment is recorded';
  log.lines([`${environment}: ${first}`, '']);
  const rows = services.map(({ service, taskDefinition, image, running, desired, others, since: deployed, rollout, drift }) => [
    service,
    taskDefinition === undefined ? '-' : familyRevision(taskDefinition),
    /@sha256:([0-9a-f]{12})/.exec(image ?? '')?.[1] ?? image ?? '-',
    `${running}/${desired}${others > 0 ? `, and ${others} of another` : ''}`,
    minute(deployed),
    stateOf(drift.length > 0, rollout),
  ]);
  log.lines(formatTable(['service', 'revision', 'image', 'tasks', 'since (UTC)', ''], rows));
  if (bundles.length > 0)
    log.lines([
      '',
      ...formatTable(
        ['bundle', 'ref', 'commit', 'tree'],
        bundles.map(({ id, ref = '-', commit = '-', tree }) => [id, ref, commit.slice(0, 12), tree.slice(0, 12)]),
      ),
    ]);
  if (underWay)
    log.note(`a deploy of ${underWay.release} is running, or was killed: its lock expires at ${minute(underWay.until)} UTC`);
  if (unfinished)
    log.note(
      `a deploy of ${unfinished.release} runs since ${minute(unfinished.since)} UTC, or was killed: the next deploy continues`,
    );
  if (lastAttempt)
    log.note(
      `the last attempt, ${lastAttempt.release} (${lastAttempt.attempt}), ended at ${minute(lastAttempt.endedAt)} UTC: ${lastAttempt.verdict}. ${printable(lastAttempt.reason)}`,
    );
  for (const what of notDeployed) log.note(`not deployed yet: ${what}`);
}
