// Which settings of a service are stored as given, which defaults ECS adds, and which change starts a deployment.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html: each parameter states whether it "triggers a new service deployment".
import { isDeepStrictEqual } from 'node:util';
import { fail } from '../protocol/aws-error.mjs';

/** @import { DeploymentConfiguration, Request, Service } from './types.d.ts' */

const STORED = [
  'launchType',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'placementConstraints',
  'placementStrategy',
  'healthCheckGracePeriodSeconds',
  'enableExecuteCommand',
  'enableECSManagedTags',
  'propagateTags',
  'availabilityZoneRebalancing',
  'schedulingStrategy',
];

const TRIGGERS_DEPLOYMENT = [
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'enableECSManagedTags',
  'propagateTags',
];

/**
 * @param {Service} service
 * @param {Request} request
 */
export function startsDeployment(service, request) {
  return TRIGGERS_DEPLOYMENT.some(
    (name) => request[name] !== undefined && !isDeepStrictEqual(request[name], service.settings[name]),
  );
}

/**
 * @param {Service} service
 * @param {Request} request
 */
export function applySettings(service, request) {
  for (const name of STORED) if (request[name] !== undefined) service.settings[name] = request[name];
  service.configuration = completeConfiguration({ ...service.configuration, ...request.deploymentConfiguration });
}

/**
 * Defaults of API_DeploymentConfiguration.html for REPLICA: 200 and 100, no breaker, ROLLING. Unknown members are stored.
 * @param {Partial<DeploymentConfiguration>} given
 */
export function completeConfiguration(given) {
  const { minimumHealthyPercent: min = 100, maximumPercent: max = 200 } = given;
  if (max < min) throw fail('InvalidParameterException', 'minimumHealthyPercent cannot be greater than maximumPercent.');
  if (max <= 100 && min >= 100)
    throw fail(
      'InvalidParameterException',
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  return {
    bakeTimeInMinutes: 0,
    deploymentCircuitBreaker: { enable: false, rollback: false },
    strategy: 'ROLLING',
    ...given,
    maximumPercent: max,
    minimumHealthyPercent: min,
  };
}
