import { type DeployPlan, type Environment, repositoryOf, shown } from '@kdcube/release/internal';
import { findUnsigned, imageUnsigned, withPlannedImages } from '../../../images/released-images';
import type { Log } from '../../../system/log';
import { environmentRegistry, releaseImages } from '../../../workspace/environment';
import { openRegistry } from '../../../workspace/registries';
import type { OpenRelease } from '../../../workspace/workspace';
import type { EnvOptions } from '../../env';

/**
 * Refuses a saved plan with an image of the release that is not signed, where the environment requires it: the file may have been replaced since it was made. Problem `image-unsigned`.
 */
export async function requireSignedPlan(
  open: OpenRelease,
  environment: Environment,
  plan: DeployPlan,
  options: EnvOptions,
  log: Log,
): Promise<void> {
  const { signedFor, registries } = options;
  if (signedFor === undefined) return;
  const name = environmentRegistry(environment, registries);
  const prefix = `${shown(name)}/`;
  const references = imagesOf(plan).filter((reference) => reference.startsWith(prefix) && !isExternal(reference, environment));
  await withPlannedImages(open, releaseImages(environment), { ...options, offline: true }, log, async (jobs) => {
    const registry = openRegistry(name.host, log);
    for (const reference of references) {
      const job = jobs.find(({ plan: { image } }) => reference.startsWith(`${prefix}${image}@`));
      if (!job) throw imageUnsigned(reference, signedFor, '…', 'the release has no such image');
      const place = { registry, repository: repositoryOf(name, job.plan.image) };
      const unsigned = await findUnsigned(job, place, reference, options);
      if (unsigned) throw unsigned;
    }
  });
}

/** Every image that a plan starts, in its services and in the task definitions that it registers. */
function imagesOf({ services, exec }: DeployPlan): string[] {
  const steps = [
    ...services.map(({ image, taskDefinition }) => ({ image: image.after, taskDefinition })),
    ...(exec ? [exec] : []),
  ];
  const found = steps.flatMap(({ image, taskDefinition }) => [image, ...registeredImages(taskDefinition.register)]);
  return [...new Set(found)];
}

function registeredImages(definition: Record<string, unknown> = {}): string[] {
  const containers = Array.isArray(definition.containerDefinitions)
    ? (definition.containerDefinitions as { image?: unknown }[])
    : [];
  return containers.flatMap((container) => (typeof container?.image === 'string' ? [container.image] : []));
}

/** Images that the environment itself names by digest are reviewed with it. */
function isExternal(reference: string, { services, exec }: Environment): boolean {
  return [...services, ...(exec ? [exec] : [])].some(({ image }) => image.kind === 'digest' && image.reference === reference);
}
