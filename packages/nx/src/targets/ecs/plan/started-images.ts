import { type DeployPlan, type Environment, execImageOf, serviceContainer, type TaskDefinition } from '@kdcube/release/internal';
import { readTaskDefinitions, withEcs } from '../ecs-port';

interface StartedOptions {
  /** Whether a variable of the task definitions names the image that bundles run code in. */
  hasExec: boolean;
  /** Of the images of the release: `registry.example/acme/`. */
  prefix: string;
}

/** Every image that a plan starts, in its services and in the task definitions that it registers or reuses. */
export async function startedImages(plan: DeployPlan, environment: Environment, options: StartedOptions): Promise<string[]> {
  const { services, exec } = plan;
  const reused = await readReused(plan);
  const steps = [
    ...services.map(({ service, image, taskDefinition }) => ({ service, image: image.after, taskDefinition })),
    ...(exec ? [{ service: 'exec', image: exec.image, taskDefinition: exec.taskDefinition }] : []),
  ];
  const found = steps.flatMap(({ service, image, taskDefinition }) => {
    const { register, reuse = '' } = taskDefinition;
    const containers = [register, reused.get(reuse)].flatMap((definition) =>
      startedContainers(definition, service, environment, options.prefix),
    );
    const exec = options.hasExec ? containers.map(execImageOf) : [];
    return [image, ...containers.map((container) => container.image), ...exec];
  });
  return [...new Set(found.filter((image) => typeof image === 'string'))];
}

type ContainerDefinition = TaskDefinition['containerDefinitions'][number];

/** The revisions that a plan reuses, by ARN. One that ECS does not have cannot be started. */
async function readReused({ region, cluster, services, exec }: DeployPlan): Promise<Map<string, TaskDefinition>> {
  const steps = [...services, ...(exec ? [exec] : [])];
  const names = new Set(steps.flatMap(({ taskDefinition }) => taskDefinition.reuse ?? []));
  return names.size === 0 ? new Map() : withEcs({ region, cluster }, (ecs) => readTaskDefinitions(ecs, names));
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
