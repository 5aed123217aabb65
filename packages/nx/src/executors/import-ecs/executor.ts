import type { ExecutorContext } from '@nx/devkit';
import { builtImageNames, type FoundService, importEnvironment, type ImportNote, type Workspace } from '@kdcube/release/internal';
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
    const { workspace } = readWorkspaceLenient(task.root, task.plugin);
    const published = publishedDigests(workspace);
    notes.push(...releaseImages(services, workspace, published));
    const imported = importEnvironment({ name, target: 'ecs', services, exec, place: { account, region, cluster }, published });
    await writeEnvironment(task, name, imported, { before: notes, next: 'plan', dryRun });
  });
}

function publishedDigests({ pins }: Workspace): Map<string, string> {
  return new Map(pins.platform.flatMap(({ subject, pin, fits }) => (pin && fits ? [[subject.name, pin.digest]] : [])));
}

/** The running image is imported, so that the first plan changes nothing. To deploy a release, a person replaces it by the image of this release. */
function releaseImages(
  services: readonly FoundService[],
  workspace: Workspace,
  published: ReadonlyMap<string, string>,
): ImportNote[] {
  const names = [...builtImageNames(workspace), ...published.keys()];
  const fromSource = new Set(workspace.pins.built.map(({ subject }) => subject.name));
  return services.flatMap(({ name, image, registry }): ImportNote[] => {
    const [repository = '', digest] = image.split('@');
    const own = names.find((each) => repository.split('/').at(-1) === each);
    if (own === undefined || (published.get(own) === digest && registry !== undefined)) return [];
    const what = published.has(own) || fromSource.has(own) ? 'image of the platform' : 'image, with its bundles';
    const message = `is the running image. To deploy this release, use the release’s own ${what}`;
    return [{ subject: `${name} image`, reason: 'image', message, hint: `image: ${own}` }];
  });
}
