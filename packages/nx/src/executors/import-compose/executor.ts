import * as os from 'node:os';
import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { composePlace, foundInCompose, importEnvironment, KdcubeError } from '@kdcube/release/internal';
import { diskFiles, readWorkspaceFile } from '../../workspace/disk';
import { writeEnvironment } from '../write-environment';
import { runExecutor } from '../run-task';
import type { ImportComposeOptions } from './schema';

/** Imports a folder of env files and compose files as an environment. */
export default function importCompose(options: ImportComposeOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const { environment: name, dir, files: composeFiles, profiles, dryRun } = options;
    const folder = path.resolve(task.root, dir);
    const files = diskFiles(folder);
    // A compose file names other files wherever they are, absolute ones too.
    const text = (file: string) => readWorkspaceFile(folder, file)?.toString('utf8');
    const imported = foundInCompose(
      { list: () => [...files.list('.')].sort(), read: text },
      { directory: folder, home: os.homedir(), files: composeFiles, profiles },
    );
    const { services, notes } = imported;
    if (services.length === 0)
      throw new KdcubeError({
        code: 'file-missing',
        message: `${dir} has neither a compose file with services nor .env.<service> files.`,
        hint: '--dir=<folder with docker-compose.yaml>',
      });
    const place = composePlace(folder, imported);
    const environment = importEnvironment({ name, target: 'compose', services, place });
    await writeEnvironment(task, name, environment, { before: notes, next: 'env', dryRun });
  });
}
