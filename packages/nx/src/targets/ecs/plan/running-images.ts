import {
  type BundleContent,
  type Environment,
  type ImagePlan,
  type RegistryImage,
  type Running,
  type Service,
  bundlesFromLabels,
  KdcubeError,
  manifestName,
  serviceContainer,
  parseImageReference,
  parseRegistry,
  listChanges,
} from '@kdcube/release/internal';
import { openRegistry } from '../../../workspace/registries';
import type { Log } from '../../../system/log';
import { inParallel } from '../../../system/parallel';
import { getImage } from '../../../registry/image';
import { listImages } from '../../../registry/list-images';

export interface RunningImages {
  /** Why each image of the release differs from the running one, by its new reference. */
  reasons: Map<string, string[]>;
  /** The bundles in the labels of proc's running image. */
  runningBundles?: BundleContent[];
}

export interface NewImage {
  plan: ImagePlan;
  reference: string;
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

async function readLabels(before: string, { plan, reference }: NewImage, log: Log): Promise<Record<string, string> | undefined> {
  return undefinedOnProblem(async () => {
    const [old, next] = [parseImageReference(before), parseImageReference(reference)];
    // No request goes to a registry that only a task definition names.
    if (old.host !== next.host || old.repository !== next.repository) return undefined;
    const { config } = await getImage(openRegistry(old.host, log), old.repository, manifestName(old), plan.platform);
    return config.config?.Labels ?? {};
  });
}

/** The digest of each reference and, of an image index, those of its manifests. References that cannot be read are left out. */
export async function readRegistryImages(references: readonly string[], log: Log): Promise<Map<string, RegistryImage>> {
  const found = await inParallel([...new Set(references)], 4, async (reference) => {
    const image = await undefinedOnProblem(async () => {
      const parsed = parseImageReference(reference);
      const { digest, images } = await listImages(openRegistry(parsed.host, log), parsed.repository, manifestName(parsed));
      return { digest, children: images };
    });
    return image && ([reference, image] as const);
  });
  return new Map(found.filter((entry) => entry !== undefined));
}

async function undefinedOnProblem<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code !== 'interrupted') return undefined;
    throw error;
  }
}
