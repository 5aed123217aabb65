import type { ExecutorContext } from '@nx/devkit';
import { type FoundService, importEnvironment, type ImportNote } from '@kdcube/release/internal';
import { looseWorkspace } from '../../workspace/loose';
import { readCluster } from '../../targets/ecs/plan/import';
import { writeImported } from '../imported';
import { perform } from '../perform';
import type { ImportEcsOptions } from './schema';

/** A running cluster as an environment. */
export default function importEcs(options: ImportEcsOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    const { environment: name, cluster, region, services: wanted, dryRun } = options;
    const { account, services, exec, notes } = await readCluster({ region, cluster }, wanted);
    notes.push(...releaseImages(services, looseWorkspace(task.root).workspace.images));
    const imported = importEnvironment({ name, target: 'ecs', services, exec, place: { account, region, cluster } });
    await writeImported(task, name, imported, { before: notes, next: 'plan', dryRun });
  });
}

/** What runs is taken along as it is, so that the first plan changes nothing; an image of this workspace is to be named before a release is deployed. */
function releaseImages(services: readonly FoundService[], images: readonly { name: string }[]): ImportNote[] {
  return services.flatMap(({ name, image }): ImportNote[] => {
    const own = images.find((each) => image.replace(/@.*$/, '').split('/').at(-1) === each.name);
    const said = 'is the one that runs. A deploy of this release, with its bundles, needs the release’s own';
    return own ? [{ subject: `${name} image`, reason: 'image', said, hint: `image: ${own.name}` }] : [];
  });
}
