// A task as DescribeTasks shows it: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
import { address, compact, seconds } from './names.mjs';

/** @import { Container, Task, TaskDefinition } from './types.d.ts' */

/**
 * @param {Task} task
 * @param {{ tags?: boolean }} [options]
 */
export function taskView(task, { tags = false } = {}) {
  const { definition } = task;
  return compact({
    attachments: attachments(task),
    attributes: [{ name: 'ecs.cpu-architecture', value: platform(definition) === 'linux/arm64' ? 'arm64' : 'x86_64' }],
    availabilityZone: `${task.arn.split(':')[3]}a`,
    clusterArn: task.cluster.arn,
    connectivity: task.connectedAt === undefined ? undefined : 'CONNECTED',
    connectivityAt: seconds(task.connectedAt),
    containers: task.containers.map((container) => containerView(task, container)),
    cpu: definition.cpu,
    createdAt: seconds(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: false,
    executionStoppedAt: seconds(task.executionStoppedAt),
    group: task.group,
    healthStatus: task.health,
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: definition.memory,
    overrides: { containerOverrides: task.overrides.containerOverrides ?? task.containers.map(({ name }) => ({ name })) },
    platformVersion: '1.4.0',
    platformFamily: 'Linux',
    pullStartedAt: seconds(task.pullStartedAt),
    pullStoppedAt: seconds(task.pullStoppedAt),
    startedAt: seconds(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedAt: seconds(task.stoppedAt),
    stoppedReason: task.stoppedReason,
    stoppingAt: seconds(task.stoppingAt),
    // API_StopTask.html: "Any tags associated with the task will be deleted."
    tags: tags && task.stopCode !== 'UserInitiated' ? task.tags : [],
    taskArn: task.arn,
    taskDefinitionArn: definition.taskDefinitionArn,
    version: task.version,
    ephemeralStorage: { sizeInGiB: 20 },
  });
}

/**
 * In the network mode awsvpc a task has an interface of its own, with an address by which it is a target: .../APIReference/API_Attachment.html, "details".
 * @param {Task} task
 */
function attachments(task) {
  if (task.definition.networkMode !== 'awsvpc') return [];
  const details = [{ name: 'privateIPv4Address', value: address(task) }];
  return [{ id: task.id, type: 'ElasticNetworkInterface', status: 'ATTACHED', details }];
}

/**
 * API_Container.html: exitCode and reason only of what stopped, imageDigest once it was pulled.
 * @param {Task} task
 * @param {Container} container
 */
function containerView(task, container) {
  return compact({
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    imageDigest: container.digest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: [],
    networkInterfaces: [],
    healthStatus: container.health,
    cpu: '0',
  });
}

/**
 * The platform that a task's images are pulled for; X86_64 by default: API_RuntimePlatform.html.
 * @param {TaskDefinition} definition
 */
export function platform(definition) {
  return definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}
