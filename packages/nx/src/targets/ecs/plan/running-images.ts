import {
  type BundleContent,
  type Environment,
  type Running,
  type Service,
  bundlesFromLabels,
  manifestName,
  serviceContainer,
  parseImageReference,
  parseRegistry,
  listChanges,
} from '@kdcube/release/internal';
import { openRegistry } from '../../../workspace/registries';
import type { Log } from '../../../system/log';
import { inParallel } from '../../../system/parallel';
import { getImage } from '../../../registry/manifests/image';
import { readLabels, undefinedOnProblem, type NewImage } from '../../registry-images';

export interface RunningImages {
  /** Why each image of the release differs from the running one, by its new reference. */
  reasons: Map<string, string[]>;
  /** The bundles in the labels of proc's running image. */
  runningBundles?: BundleContent[];
}

/** Compares the running images with those of the release, by the labels in the registry. An image that the registry no longer has is unknown, which is not an error. */
export async function compareRunningImages(
  environment: Environment,
  running: Running,
  images: readonly NewImage[],
  log: Log,
): Promise<RunningImages> {
  const reasons = new Map<string, string[]>();
  let runningBundles: BundleContent[] | undefined;
  await inParallel(
    environment.services.filter(({ target }) => target === 'ecs'),
    4,
    async (service) => {
      const image = service.image;
      const next = image.kind === 'release' ? images.find(({ plan }) => plan.image === image.name) : undefined;
      const before = runningImage(service, running);
      if (before === undefined) return;
      if (!next) {
        // In git mode no image of the release runs, but the one before may have had the bundles.
        if (service.component === 'proc' && environment.bundles.mode === 'git')
          runningBundles = await bundlesOfRunning(before, environment, `linux/${service.architecture}`, log);
        return;
      }
      const labels = await readLabels(before, next, log);
      if (!labels) return;
      if (before !== next.reference) reasons.set(next.reference, listChanges(labels, next.plan));
      if (service.component === 'proc') runningBundles = bundlesFromLabels(labels);
    },
  );
  return { reasons, ...(runningBundles && { runningBundles }) };
}

function runningImage(service: Service, { services, definitions }: Running): string | undefined {
  const arn = services[service.serviceName]?.taskDefinition;
  const definition = arn === undefined ? undefined : definitions[arn];
  return definition && serviceContainer(definition, service)?.image;
}

async function bundlesOfRunning(
  before: string,
  { registry }: Environment,
  platform: string,
  log: Log,
): Promise<BundleContent[] | undefined> {
  return undefinedOnProblem(async () => {
    const { host, repository, ...old } = parseImageReference(before);
    if (registry === undefined || parseRegistry(registry).host !== host) return undefined;
    const { config } = await getImage(openRegistry(host, log), repository, manifestName({ ...old, host, repository }), platform);
    return bundlesFromLabels(config.config?.Labels ?? {});
  });
}
