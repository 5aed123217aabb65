import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { composePlace, foundInCompose, importEnvironment, KdcubeError } from '@kdcube/release/internal';
import { diskFiles } from '../../workspace/disk';
import { writeImported } from '../imported';
import { perform } from '../perform';
import type { ImportComposeOptions } from './schema';

/** A folder of env files as an environment. */
export default function importCompose(options: ImportComposeOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    const { environment: name, dir, files: composeFiles, profiles, dryRun } = options;
    const folder = path.resolve(task.root, dir);
    const files = diskFiles(folder);
    const text = (file: string) => {
      const content = files.read(file);
      return content === undefined ? undefined : Buffer.from(content).toString('utf8');
    };
    const found = foundInCompose(
      { list: () => [...files.list('.')].sort(), read: text },
      { directory: folder, files: composeFiles, profiles },
    );
    const { services, notes } = found;
    if (services.length === 0)
      throw new KdcubeError({
        code: 'file-missing',
        message: `${dir} has neither a compose file with services nor files .env.<service>.`,
        hint: '--dir=<folder with docker-compose.yaml>',
      });
    const place = composePlace(folder, found);
    const imported = importEnvironment({ name, target: 'compose', services, place });
    await writeImported(task, name, imported, { before: notes, next: 'env', dryRun });
  });
}
