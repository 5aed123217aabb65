import type { ExecutorContext } from '@nx/devkit';
import type { EnvironmentStatus } from '@kdcube/release';
import { exitCode, KdcubeError, shortDefinition } from '@kdcube/release';
import { looseWorkspace } from '../../effects/ecs/loose';
import { recordsOf } from '../../effects/ecs/records/records';
import { environmentStatus } from '../../effects/ecs/records/status';
import { openEnvironment, registryOf } from '../../effects/environment';
import { registriesOf } from '../../effects/images/registries';
import type { Log } from '../../effects/log';
import { table } from '../../effects/table';
import { perform } from '../perform';
import type { StatusOptions } from './schema';

/** What runs, and where it is not what was recorded. */
export default function status(options: StatusOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async ({ root, plugin, log }) => {
    const workspace = looseWorkspace(root);
    const { environment } = openEnvironment(workspace, options.environment);
    const place = recordsOf(registryOf(environment, registriesOf(options, plugin)), log);
    const found = await environmentStatus(environment, workspace.workspace, place, log);
    const code = found.drift.length > 0 ? exitCode('release-drift') : 0;
    log.event({ event: 'status', environment: environment.name, ...found, exitCode: code });
    say(environment.name, found, log);
    if (code === 0) return;
    throw new KdcubeError(
      found.drift.map((what) => ({
        code: 'release-drift',
        message: `${what}.`,
        hint: `nx run release:plan:${environment.name}    shows how to put it right`,
      })),
    );
  });
}

function say(environment: string, { release, since, services, bundles, notDeployed }: EnvironmentStatus, log: Log): void {
  const minute = (time: string | undefined) => time?.slice(0, 16).replace('T', ' ') ?? '';
  log.lines([
    release === undefined
      ? `${environment}: nothing was recorded here`
      : `${environment}: ${release}, since ${minute(since)} UTC`,
    '',
  ]);
  const rows = services.map(({ service, taskDefinition, image, running, desired, since: deployed, rollout, drift }) => [
    service,
    taskDefinition === undefined ? '-' : shortDefinition(taskDefinition),
    /@sha256:([0-9a-f]{12})/.exec(image ?? '')?.[1] ?? image ?? '-',
    `${running}/${desired}`,
    minute(deployed),
    drift.length > 0 ? 'drift' : (rollout ?? '').toLowerCase().replace(/_/g, ' '),
  ]);
  log.lines(table(['service', 'revision', 'image', 'tasks', 'since (UTC)', ''], rows));
  if (bundles.length > 0)
    log.lines([
      '',
      ...table(
        ['bundle', 'ref', 'commit', 'tree'],
        bundles.map(({ id, ref = '-', commit = '-', tree }) => [id, ref, commit.slice(0, 12), tree.slice(0, 12)]),
      ),
    ]);
  for (const what of notDeployed) log.note(`not deployed yet: ${what}`);
}
