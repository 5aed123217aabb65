import type { BundleContent, Environment, ImagePlan, KnownImage, Running, Service } from '@kdcube/release/internal';
import {
  bundlesOfLabels,
  KdcubeError,
  manifestName,
  ownContainer,
  parseImageReference,
  whyBuilt,
} from '@kdcube/release/internal';
import { openRegistry } from '../../../workspace/registries';
import type { Log } from '../../../system/log';
import { inParallel } from '../../../system/parallel';
import { isIndex } from '../../../registry/manifest';
import { getManifest, getImage, type Descriptor } from '../../../registry/registry';

export interface ImagesThatRun {
  /** Why each image of the release is another one than the one that runs, by its new reference. */
  reasons: Map<string, string[]>;
  /** What proc's image holds, by its labels. */
  bundlesBefore?: BundleContent[];
}

export interface NewImage {
  plan: ImagePlan;
  reference: string;
}

/** What the registry says of the images that run, where they are in the repositories of this release. What it does not have any more is not known, and no reason to stop. */
export async function imagesThatRun(
  environment: Environment,
  running: Running,
  images: readonly NewImage[],
  log: Log,
): Promise<ImagesThatRun> {
  const reasons = new Map<string, string[]>();
  let bundlesBefore: BundleContent[] | undefined;
  await inParallel(
    environment.services.filter(({ target }) => target === 'ecs'),
    4,
    async (service) => {
      const image = service.image;
      const next = image.kind === 'release' ? images.find(({ plan }) => plan.image === image.name) : undefined;
      const before = runningImage(service, running);
      if (!next || before === undefined) return;
      const labels = await labelsOf(before, next, log);
      if (!labels) return;
      if (before !== next.reference) reasons.set(next.reference, whyBuilt(labels, next.plan));
      if (service.component === 'proc') bundlesBefore = bundlesOfLabels(labels);
    },
  );
  return { reasons, ...(bundlesBefore && { bundlesBefore }) };
}

function runningImage(service: Service, { services, definitions }: Running): string | undefined {
  const arn = services[service.serviceName]?.taskDefinition;
  const definition = arn === undefined ? undefined : definitions[arn];
  return definition && ownContainer(definition, service)?.image;
}

async function labelsOf(before: string, { plan, reference }: NewImage, log: Log): Promise<Record<string, string> | undefined> {
  return unlessUnknown(async () => {
    const [old, now] = [parseImageReference(before), parseImageReference(reference)];
    // A registry that only a task definition names is not asked.
    if (old.host !== now.host || old.repository !== now.repository) return undefined;
    const { config } = await getImage(openRegistry(old.host, log), old.repository, manifestName(old), plan.platform);
    return config.config?.Labels ?? {};
  });
}

/** What the registry says of each reference: its digest and, of an index, those of its children. Nothing of those of which it says nothing. */
export async function knownImages(references: readonly string[], log: Log): Promise<Map<string, KnownImage>> {
  const found = await inParallel([...new Set(references)], 4, async (reference) => {
    const known = await unlessUnknown(async () => {
      const image = parseImageReference(reference);
      const { digest, json } = await getManifest(openRegistry(image.host, log), image.repository, manifestName(image));
      return { digest, children: isIndex(json) ? json.manifests.flatMap(childOf) : [] };
    });
    return known && ([reference, known] as const);
  });
  return new Map(found.filter((entry) => entry !== undefined));
}

/** What is for no platform (buildx puts attestations beside the images of an index) runs nowhere. */
function childOf({ digest, platform }: Descriptor): KnownImage['children'] {
  return platform ? [{ platform: `${platform.os}/${platform.architecture}`, digest }] : [];
}

async function unlessUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code !== 'interrupted') return undefined;
    throw error;
  }
}
