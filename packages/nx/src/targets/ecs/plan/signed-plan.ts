import {
  type DeployPlan,
  type Environment,
  execImageOf,
  repositoryOf,
  serviceContainer,
  shown,
  type TaskDefinition,
} from '@kdcube/release/internal';
import { findUnsigned, imageUnsigned, withPlannedImages } from '../../../images/released-images';
import type { Log } from '../../../system/log';
import { environmentRegistry, releaseImages } from '../../../workspace/environment';
import { openRegistry } from '../../../workspace/registries';
import type { OpenRelease } from '../../../workspace/workspace';
import type { EnvOptions } from '../../env';
import { readTaskDefinitions, withEcs } from '../ecs-port';

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
  const images = imagesOf(plan, await readReused(plan), environment, prefix);
  const references = images.filter((reference) => !isExternal(reference, environment));
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

type ContainerDefinition = TaskDefinition['containerDefinitions'][number];

/** The revisions that a plan reuses, by ARN. One that ECS does not have cannot be started. */
async function readReused({ region, cluster, services, exec }: DeployPlan): Promise<Map<string, TaskDefinition>> {
  const steps = [...services, ...(exec ? [exec] : [])];
  const names = new Set(steps.flatMap(({ taskDefinition }) => taskDefinition.reuse ?? []));
  return names.size === 0 ? new Map() : withEcs({ region, cluster }, (ecs) => readTaskDefinitions(ecs, names));
}

/** Every image that a plan starts, in its services and in the task definitions that it registers or reuses. */
function imagesOf(
  { services, exec }: DeployPlan,
  reused: ReadonlyMap<string, TaskDefinition>,
  environment: Environment,
  prefix: string,
): string[] {
  const steps = [
    ...services.map(({ service, image, taskDefinition }) => ({ service, image: image.after, taskDefinition })),
    ...(exec ? [{ service: 'exec', image: exec.image, taskDefinition: exec.taskDefinition }] : []),
  ];
  const found = steps.flatMap(({ service, image, taskDefinition }) => {
    const { register, reuse = '' } = taskDefinition;
    const containers = [register, reused.get(reuse)].flatMap((definition) =>
      startedContainers(definition, service, environment, prefix),
    );
    const exec = environment.exec ? containers.map(execImageOf) : [];
    return [image, ...containers.map((container) => container.image), ...exec];
  });
  return [...new Set(found.filter((image) => typeof image === 'string'))];
}

/** The containers whose images are the release's or the environment's. A task definition that the environment does not render may have sidecars from elsewhere. */
function startedContainers(
  planned: Record<string, unknown> | undefined,
  name: string,
  environment: Environment,
  prefix: string,
): ContainerDefinition[] {
  if (!Array.isArray(planned?.containerDefinitions)) return [];
  const definition = planned as TaskDefinition;
  const service = environment.services.find((each) => each.name === name && each.taskDefinition !== 'environment');
  const main = service && serviceContainer(definition, service);
  return definition.containerDefinitions.filter(
    (container) => main === undefined || container === main || container.image?.startsWith(prefix),
  );
}

/** Images that the environment itself names by digest are reviewed with it. */
function isExternal(reference: string, { services, exec }: Environment): boolean {
  return [...services, ...(exec ? [exec] : [])].some(({ image }) => image.kind === 'digest' && image.reference === reference);
}
