import type { ExecutorContext } from '@nx/devkit';
import { printable } from '@kdcube/release/internal';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { listRecords, recordsOf } from '../../targets/records/records';
import { openEnvironment, environmentRegistry } from '../../workspace/environment';
import { resolveRegistries } from '../../workspace/registries';
import { formatTable } from '../../system/table';
import { runExecutor } from '../run-task';
import type { HistoryOptions } from './schema';

/** Lists the deployments of an environment, newest first. */
export default function history(options: HistoryOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const { environment } = openEnvironment(readWorkspaceLenient(root, plugin), options.environment);
    const place = recordsOf(environmentRegistry(environment, resolveRegistries(options, plugin)), log);
    const records = (await listRecords(place, environment.name, log)).slice(0, options.limit);
    log.event({ event: 'history', environment: environment.name, records });
    if (records.length === 0) return log.note(`no deployment of ${environment.name} is recorded`);
    const rows = records.map(({ endedAt, release, attempt, verdict, commit, reason }) => [
      endedAt.slice(0, 16).replace('T', ' '),
      release,
      String(attempt),
      verdict,
      commit?.slice(0, 12) ?? '',
      truncate(printable(reason)),
    ]);
    log.lines(formatTable(['ended (UTC)', 'release', 'attempt', 'verdict', 'commit', 'because'], rows));
  });
}

function truncate(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
