// Which function implements which operation. An operation that is not listed is refused.
import { describeScalableTargets, describeScalingPolicies } from '../neighbors/autoscaling.mjs';
import { describeLoadBalancerAttributes, describeTargetGroups, describeTargetHealth } from '../neighbors/elbv2.mjs';
import { describeLogGroups, describeLogStreams, filterLogEvents, getLogEvents } from '../neighbors/logs.mjs';
import { getServiceQuota, listDefaultServiceQuotas, listServiceQuotas } from '../neighbors/quotas.mjs';
import { createSecret, describeSecret, getSecretValue, putSecretValue } from '../neighbors/secrets-manager.mjs';
import { getCallerIdentity } from '../neighbors/sts.mjs';
import { continueServiceDeployment } from '../behavior/native/hooks.mjs';
import { describeClusters } from './clusters.mjs';
import {
  describeServiceDeployments,
  describeServiceRevisions,
  listServiceDeployments,
  stopServiceDeployment,
} from './service-deployments.mjs';
import { createService, deleteService, describeServices, listServices, updateService } from './services.mjs';
import { listTagsForResource, tagResource, untagResource } from './tags.mjs';
import {
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitions,
  registerTaskDefinition,
} from './task-definitions.mjs';
import { describeTasks, listTasks, runTask, stopTaskCall } from './tasks.mjs';

/** @import { Call, Request, World } from '../state/types.d.ts' */

/** @type {Record<string, Record<string, (world: World, request: Request, call: Call) => object>>} */
export const OPERATIONS = {
  ecs: {
    ContinueServiceDeployment: continueServiceDeployment,
    CreateService: createService,
    DeleteService: deleteService,
    DeregisterTaskDefinition: deregisterTaskDefinition,
    DescribeClusters: describeClusters,
    DescribeServiceDeployments: describeServiceDeployments,
    DescribeServiceRevisions: describeServiceRevisions,
    DescribeServices: describeServices,
    DescribeTaskDefinition: describeTaskDefinition,
    DescribeTasks: describeTasks,
    ListServiceDeployments: listServiceDeployments,
    ListServices: listServices,
    ListTagsForResource: listTagsForResource,
    ListTaskDefinitions: listTaskDefinitions,
    ListTasks: listTasks,
    RegisterTaskDefinition: registerTaskDefinition,
    RunTask: runTask,
    StopServiceDeployment: stopServiceDeployment,
    StopTask: stopTaskCall,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateService: updateService,
  },
  logs: {
    DescribeLogGroups: describeLogGroups,
    DescribeLogStreams: describeLogStreams,
    FilterLogEvents: filterLogEvents,
    GetLogEvents: getLogEvents,
  },
  'service-quotas': {
    GetServiceQuota: getServiceQuota,
    ListAWSDefaultServiceQuotas: listDefaultServiceQuotas,
    ListServiceQuotas: listServiceQuotas,
  },
  secretsmanager: {
    CreateSecret: createSecret,
    DescribeSecret: describeSecret,
    GetSecretValue: getSecretValue,
    PutSecretValue: putSecretValue,
  },
  sts: { GetCallerIdentity: getCallerIdentity },
  'application-autoscaling': {
    DescribeScalableTargets: describeScalableTargets,
    DescribeScalingPolicies: describeScalingPolicies,
  },
  elbv2: {
    DescribeLoadBalancerAttributes: describeLoadBalancerAttributes,
    DescribeTargetGroups: describeTargetGroups,
    DescribeTargetHealth: describeTargetHealth,
  },
};

/**
 * Reading asks for the state of things: in `auto` mode time passes with it.
 * @param {string} op
 */
export function reads(op) {
  return /^(Describe|List|Get|Filter)/.test(op);
}
