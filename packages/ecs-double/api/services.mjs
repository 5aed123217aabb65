// Services: CreateService, UpdateService, DeleteService, DescribeServices, ListServices.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html and its neighbours
import { fail } from '../protocol/aws-error.mjs';
import { arn, compact, lastPart } from '../state/names.mjs';
import { findCluster } from '../state/clusters.mjs';
import { deployable } from '../state/task-definitions.mjs';
import { page } from './paging.mjs';
import { serviceView } from '../state/service-view.mjs';
import { keepViewBeforeWrite, viewBeforeWrite } from '../state/consistency.mjs';
import { startDeployment } from '../behavior/deployment.mjs';
import { beginStages } from '../behavior/native/stages.mjs';
import { reconcileSoon } from '../state/reconcile.mjs';
import { applySettings, completeConfiguration, startsDeployment } from '../state/service-settings.mjs';

/** @import { Request, Service, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Request} request
 */
export function createService(world, request) {
  const cluster = findCluster(world, request.cluster);
  const name = request.serviceName;
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name ?? '')) throw fail('InvalidParameterException', 'Name cannot be null or blank.');
  const key = `${cluster.name}/${name}`;
  // .../API_DeleteService.html: "If you attempt to create a new service with the same name as an existing service in either ACTIVE or DRAINING status, you receive an error."
  if (['ACTIVE', 'DRAINING'].includes(world.services.get(key)?.status ?? ''))
    throw fail('InvalidParameterException', 'Creation of service was not idempotent.');
  const isDaemon = request.schedulingStrategy === 'DAEMON';
  const controller = request.deploymentController?.type ?? 'ECS';
  const definition = controller === 'EXTERNAL' ? undefined : deployable(world, request.taskDefinition);
  /** @type {Service} */
  const service = {
    key,
    name,
    cluster,
    arn: arn(world, `service/${key}`),
    status: 'ACTIVE',
    controller,
    desired: isDaemon ? (world.instances[cluster.name] ?? 1) : (request.desiredCount ?? 0),
    createdAt: world.clock.now(),
    settings: {},
    configuration: completeConfiguration({}),
    tags: request.tags ?? [],
    events: [],
    causes: new Map(),
    deployments: [],
    serviceDeployments: [],
    steady: false,
  };
  applySettings(service, request);
  world.services.set(key, service);
  keepViewBeforeWrite(world, service, undefined);
  if (controller === 'ECS' && definition) startDeployment(world, service, definition.taskDefinitionArn);
  else if (definition) service.taskSet = { id: `ecs-svc/${world.ids.number()}`, taskDefinition: definition.taskDefinitionArn };
  return { service: serviceView(world, service) };
}

/**
 * @param {World} world
 * @param {Request} request
 */
export function updateService(world, request) {
  const service = findService(world, request);
  // A DRAINING or INACTIVE service: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html#API_UpdateService_Errors
  if (service.status !== 'ACTIVE') throw fail('ServiceNotActiveException', 'Service was not ACTIVE.');
  refuseOtherControllers(service, request);
  // .../API_UpdateService.html: a daemon has as many tasks as instances.
  if (service.settings.schedulingStrategy === 'DAEMON' && request.desiredCount !== undefined)
    throw fail(
      'InvalidParameterException',
      'The daemon scheduling strategy does not support a desired count. Remove the desired count value and try again.',
    );
  const definition = request.taskDefinition === undefined ? undefined : deployable(world, request.taskDefinition);
  const before = service.deployments[0]?.taskDefinition;
  keepViewBeforeWrite(world, service, serviceView(world, service, { tags: true }));
  const changed = startsDeployment(service, request);
  applySettings(service, request);
  if (request.desiredCount !== undefined) service.desired = request.desiredCount;
  const next = definition?.taskDefinitionArn ?? before;
  // The same task definition again, without force, changes nothing: "By default, deployments aren't forced."
  if (service.controller === 'ECS' && (next !== before || request.forceNewDeployment || changed)) {
    startDeployment(world, service, next);
    beginStages(world, service);
  }
  service.steady = false;
  reconcileSoon(world, service);
  return { service: serviceView(world, service) };
}

/**
 * .../API_UpdateService.html lists what may be updated with each controller; the wording is Amazon's own.
 * @param {Service} service
 * @param {Request} request
 */
function refuseOtherControllers(service, request) {
  const { controller } = service;
  if (controller === 'ECS') return;
  const asks = ['taskDefinition', 'networkConfiguration', 'platformVersion', 'loadBalancers'].some(
    (member) => request[member] !== undefined,
  );
  const how = controller === 'CODE_DEPLOY' ? 'Use AWS CodeDeploy to trigger a new deployment.' : 'Create a new task set.';
  if (asks)
    throw fail(
      'InvalidParameterException',
      `Unable to update task definition on services with a ${controller} deployment controller. ${how}`,
    );
  if (request.forceNewDeployment)
    throw fail(
      'InvalidParameterException',
      `Cannot force a new deployment on services with a ${controller} deployment controller.`,
    );
}

/**
 * ACTIVE → DRAINING → INACTIVE: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
 * @param {World} world
 * @param {Request} request
 */
export function deleteService(world, request) {
  const service = findService(world, request);
  if (service.status !== 'ACTIVE') throw fail('ServiceNotFoundException', 'Service not found.');
  if (service.desired > 0 && !request.force)
    throw fail('InvalidParameterException', 'The service cannot be stopped while the primary deployment is scaled above 0.');
  keepViewBeforeWrite(world, service, serviceView(world, service, { tags: true }));
  Object.assign(service, { status: 'DRAINING', desired: 0 });
  reconcileSoon(world, service);
  return { service: serviceView(world, service) };
}

/**
 * @param {World} world
 * @param {Request} options
 */
function findService(world, { cluster, service }) {
  const found = world.services.get(`${findCluster(world, cluster).name}/${lastPart(service ?? '')}`);
  if (!found) throw fail('ServiceNotFoundException', 'Service not found.');
  return found;
}

/**
 * @param {World} world
 * @param {Request} options
 */
export function describeServices(world, { cluster: given, services = [], include = [] }) {
  if (services.length === 0) throw fail('InvalidParameterException', 'Services cannot be empty.');
  // "You may specify up to 10 services to describe in a single operation."
  if (services.length > 10) throw fail('InvalidParameterException', 'Member must have length less than or equal to 10');
  const cluster = findCluster(world, given);
  const found = [];
  const failures = [];
  for (const asked of services) {
    const service = world.services.get(`${cluster.name}/${lastPart(asked)}`);
    const tags = include.includes('TAGS');
    const view =
      service && (viewBeforeWrite(world, service, 'DescribeServices') ?? { view: serviceView(world, service, { tags }) });
    if (view?.view) found.push(tags ? view.view : { ...view.view, tags: undefined });
    else
      failures.push({
        arn: asked.startsWith('arn:') ? asked : arn(world, `service/${cluster.name}/${asked}`),
        reason: 'MISSING',
      });
  }
  return { services: found.map(compact), failures };
}

/**
 * "no longer visible in … the ListServices API operation" once DRAINING. Pages of 10 by default, 100 at most.
 * @param {World} world
 * @param {Request} request
 */
export function listServices(world, request) {
  const cluster = findCluster(world, request.cluster);
  const arns = [...world.services.values()]
    .filter((service) => service.cluster === cluster && service.status === 'ACTIVE')
    .filter(({ settings }) => request.launchType === undefined || settings.launchType === request.launchType)
    .map((service) => service.arn);
  const { page: serviceArns, nextToken } = page(arns, request, { byDefault: 10 });
  return compact({ serviceArns, nextToken });
}
