// What ECS makes of a task definition as it is registered: it refuses some, and fills in what was left out.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html and .../API_RegisterTaskDefinition.html
import { fail } from '../protocol/aws-error.mjs';

/** @import { Request } from './types.d.ts' */

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
/** .../developerguide/service-quotas.html: "Task definition size limit". */
const LARGEST = 64 * 1024;

/** @param {Request} asked */
export function completeDefinition(asked) {
  check(asked);
  const awsvpc = asked.networkMode === 'awsvpc';
  const fargate = asked.requiresCompatibilities?.includes('FARGATE');
  return {
    volumes: [],
    placementConstraints: [],
    ...asked,
    containerDefinitions: asked.containerDefinitions.map((/** @type {Request} */ container) =>
      completeContainer(container, awsvpc),
    ),
    compatibilities: awsvpc && (fargate || (asked.cpu && asked.memory)) ? ['EC2', 'FARGATE'] : ['EC2'],
    ...(awsvpc ? { requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.task-eni' }] } : {}),
  };
}

/**
 * @param {Request} container
 * @param {boolean} awsvpc
 */
function completeContainer(container, awsvpc) {
  const { healthCheck } = container;
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...container,
    portMappings: (container.portMappings ?? []).map((/** @type {Request} */ port) => ({
      // API_PortMapping.html: with awsvpc the hostPort "can either be left blank or set to the same value as the containerPort"; it is shown as that.
      ...(awsvpc ? { hostPort: port.containerPort } : {}),
      protocol: 'tcp',
      ...port,
    })),
    // API_HealthCheck.html: 30 seconds, 5 seconds, 3 retries; startPeriod is off.
    ...(healthCheck ? { healthCheck: { interval: 30, timeout: 5, retries: 3, ...healthCheck } } : {}),
  };
}

/** @param {Request} asked */
function check(asked) {
  /**
   * @param {string} message
   * @param {string} [type]
   */
  const refuse = (message, type = 'ClientException') => {
    throw fail(type, message);
  };
  if (!NAME.test(asked.family ?? ''))
    refuse('Family contains invalid characters: only letters, numbers, hyphens and underscores are allowed.');
  /** @type {Request[]} */
  const containers = asked.containerDefinitions ?? [];
  if (containers.length === 0) refuse('Container list cannot be empty.');
  for (const { name, image } of containers) {
    if (!NAME.test(name ?? '')) refuse('Container.name contains invalid characters.');
    if (!image) refuse('Container.image should not be null or empty.');
  }
  if (new Set(containers.map(({ name }) => name)).size < containers.length) refuse('Container.name should be unique.');
  if (!containers.some(({ essential = true }) => essential)) refuse('Invalid task definition: no essential container.');
  // API_ContainerDependency.html: COMPLETE and SUCCESS are of containers that end.
  for (const { containerName, condition } of containers.flatMap(({ dependsOn = [] }) => dependsOn)) {
    const one = containers.find(({ name }) => name === containerName);
    if (!one) refuse(`Container dependency '${containerName}' is not in the task definition.`);
    if (['SUCCESS', 'COMPLETE'].includes(condition) && one.essential !== false)
      refuse('A dependency container with SUCCESS or COMPLETE condition cannot be an essential container.');
  }
  const volumes = (asked.volumes ?? []).map((/** @type {{ name: string }} */ { name }) => name);
  for (const { sourceVolume } of containers.flatMap(({ mountPoints = [] }) => mountPoints))
    if (!volumes.includes(sourceVolume)) refuse(`Invalid 'sourceVolume' setting: unknown volume '${sourceVolume}'.`);
  if (asked.requiresCompatibilities?.includes('FARGATE')) {
    // .../developerguide/fargate-tasks-services.html: network mode, task size, execution role
    if (asked.networkMode !== 'awsvpc') refuse("Fargate only supports network mode 'awsvpc'.");
    if (!asked.cpu) refuse("Fargate requires that 'cpu' be defined at the task level.");
    if (!asked.memory) refuse("Fargate requires that 'memory' be defined at the task level.");
    if (!asked.executionRoleArn && containers.some(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs'))
      refuse('Fargate requires task definition to have execution role ARN to support log driver awslogs.');
  }
  if (!asked.executionRoleArn && containers.some(({ secrets = [] }) => secrets.length > 0))
    refuse("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.");
  const size = Buffer.byteLength(JSON.stringify(asked));
  if (size > LARGEST) refuse(`Actual length: '${size}'. Max allowed length is '${LARGEST}' bytes.`);
}
