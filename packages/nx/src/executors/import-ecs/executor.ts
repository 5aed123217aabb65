import type { ExecutorContext } from '@nx/devkit';
import { type FoundService, importEnvironment, type ImportNote } from '@kdcube/release/internal';
import { readWorkspaceLenient } from '../../workspace/lenient';
import { readCluster } from '../../targets/ecs/plan/read-cluster';
import { writeEnvironment } from '../write-environment';
import { runExecutor } from '../run-task';
import type { ImportEcsOptions } from './schema';

/** Imports a running cluster as an environment. */
export default function importEcs(options: ImportEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const { environment: name, cluster, region, services: wanted, dryRun } = options;
    const { account, services, exec, notes } = await readCluster({ region, cluster }, wanted);
    notes.push(...releaseImages(services, readWorkspaceLenient(task.root).workspace.images));
    const imported = importEnvironment({ name, target: 'ecs', services, exec, place: { account, region, cluster } });
    await writeEnvironment(task, name, imported, { before: notes, next: 'plan', dryRun });
  });
}

/** The running image is imported, so that the first plan changes nothing. To deploy a release, a person replaces it by the image of this workspace. */
function releaseImages(services: readonly FoundService[], images: readonly { name: string }[]): ImportNote[] {
  return services.flatMap(({ name, image }): ImportNote[] => {
    const own = images.find((each) => image.replace(/@.*$/, '').split('/').at(-1) === each.name);
    const message = 'is the running image. To deploy this release with its bundles, use the release’s own image';
    return own ? [{ subject: `${name} image`, reason: 'image', message: message, hint: `image: ${own.name}` }] : [];
  });
}
