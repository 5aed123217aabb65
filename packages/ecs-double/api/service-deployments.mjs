// Service deployments and service revisions: the history that DescribeServices has not.
// States: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
import { fail } from '../protocol/aws-error.mjs';
import { compact, lastPart, seconds } from '../state/names.mjs';
import { findCluster } from '../state/clusters.mjs';
import { page } from './paging.mjs';
import { counts, serviceTasks } from '../state/service-view.mjs';
import { isNotYetVisible } from '../state/consistency.mjs';
import { abortDeployment, requestRollback } from '../behavior/rollback.mjs';
import { threshold } from '../behavior/breaker.mjs';
import { hookView } from '../behavior/native/hooks.mjs';
import { trafficWeights } from '../behavior/native/traffic.mjs';

/** @import { Request, Service, ServiceDeployment, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Request} request
 */
export function listServiceDeployments(world, request) {
  const cluster = findCluster(world, request.cluster);
  const service = world.services.get(`${cluster.name}/${lastPart(request.service ?? '')}`);
  if (!service) throw fail('ServiceNotFoundException', 'Service not found.');
  requireEcsController(service);
  const { before = Infinity, after = -Infinity } = request.createdAt ?? {};
  const all = service.serviceDeployments
    .filter((one) => !request.status?.length || request.status.includes(one.status))
    .filter((one) => one.createdAt / 1000 <= before && one.createdAt / 1000 >= after)
    .filter((one) => !isNotYetVisible(world, 'ListServiceDeployments', one.createdAt));
  const { page: part, nextToken } = page(all, request, { byDefault: 20 });
  const serviceDeployments = part.map((one) =>
    compact({ ...summaryOf(one), targetServiceRevisionArn: one.target, finishedAt: seconds(one.finishedAt) }),
  );
  return compact({ serviceDeployments, nextToken });
}

/**
 * @param {World} world
 * @param {Request} options
 */
export function describeServiceDeployments(world, { serviceDeploymentArns = [] }) {
  if (serviceDeploymentArns.length > 20)
    throw fail('InvalidParameterException', 'You can describe at most 20 service deployments.');
  const found = [];
  const failures = [];
  for (const asked of serviceDeploymentArns) {
    const one = world.serviceDeployments.get(asked);
    if (one && !isNotYetVisible(world, 'DescribeServiceDeployments', one.createdAt)) found.push(view(world, one));
    else failures.push({ arn: asked, reason: 'MISSING' });
  }
  return { serviceDeployments: found, failures };
}

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html: which states can be stopped.
 * @param {World} world
 * @param {Request} options
 */
export function stopServiceDeployment(world, { serviceDeploymentArn, stopType = 'ROLLBACK' }) {
  const one = world.serviceDeployments.get(serviceDeploymentArn);
  if (!one)
    throw fail(
      'ServiceDeploymentNotFoundException',
      "The service deploy ARN that you specified in the StopServiceDeployment doesn't exist.",
    );
  if (one.finishedAt !== undefined)
    throw fail('ConflictException', `The service deployment is in the ${one.status} state and cannot be stopped.`);
  if (['PENDING', 'IN_PROGRESS'].includes(one.status)) {
    if (stopType === 'ABORT') abortDeployment(world, one);
    else requestRollback(world, one);
  }
  return { serviceDeploymentArn };
}

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceRevision.html; containerImages are there once a task resolved them.
 * @param {World} world
 * @param {Request} options
 */
export function describeServiceRevisions(world, { serviceRevisionArns = [] }) {
  const serviceRevisions = [];
  const failures = [];
  for (const asked of serviceRevisionArns) {
    const revision = world.revisions.get(asked);
    if (!revision || isNotYetVisible(world, 'DescribeServiceRevisions', revision.createdAt))
      failures.push({ arn: asked, reason: 'MISSING' });
    else serviceRevisions.push(compact({ ...revision.view, containerImages: revision.images }));
  }
  return { serviceRevisions, failures };
}

/**
 * "UnsupportedFeatureException": service deployments are of services with the ECS controller.
 * @param {Service} service
 */
function requireEcsController(service) {
  if (service.controller !== 'ECS')
    throw fail('UnsupportedFeatureException', `The ${service.controller} deployment controller has no service deployments.`);
}

/** @param {ServiceDeployment} one */
function summaryOf(one) {
  return {
    serviceDeploymentArn: one.arn,
    serviceArn: one.service.arn,
    clusterArn: one.service.cluster.arn,
    createdAt: seconds(one.createdAt),
    startedAt: seconds(one.startedAt),
    status: one.status,
    statusReason: one.reason,
  };
}

/**
 * @param {World} world
 * @param {ServiceDeployment} one
 */
function view(world, one) {
  const { service } = one;
  /** @param {string} revision */
  const summary = (revision) => {
    const ids = service.deployments.filter((deployment) => deployment.revision === revision).map(({ id }) => id);
    const tasks = serviceTasks(world, service).filter((task) => ids.includes(task.deploymentId ?? ''));
    const { runningCount, pendingCount } = counts(tasks);
    const requestedTaskCount = service.deployments[0]?.revision === revision ? service.desired : 0;
    const taskCounts = { requestedTaskCount, runningTaskCount: runningCount, pendingTaskCount: pendingCount };
    return { arn: revision, ...taskCounts, ...trafficWeights(one, revision) };
  };
  return compact({
    ...summaryOf(one),
    finishedAt: seconds(one.finishedAt),
    stoppedAt: seconds(one.stoppedAt),
    updatedAt: seconds(one.updatedAt),
    sourceServiceRevisions: one.sources.map(summary),
    targetServiceRevision: summary(one.target),
    deploymentConfiguration: one.configuration,
    rollback: one.rollback && { ...one.rollback, startedAt: seconds(one.rollback.startedAt) },
    // API_ServiceDeploymentCircuitBreaker.html
    deploymentCircuitBreaker: {
      status: one.breaker,
      failureCount: one.failureCount,
      threshold: threshold(one.configuration, service.desired),
    },
    lifecycleStage: one.native?.stage,
    lifecycleHookDetails: one.native && one.native.hooks.map(hookView).map(compact),
    alarms: alarmsView(one),
  });
}

/**
 * API_ServiceDeploymentAlarms.html
 * @param {ServiceDeployment} one
 */
function alarmsView({ configuration: { alarms }, native, finishedAt }) {
  if (!alarms?.enable) return { status: 'DISABLED', alarmNames: [], triggeredAlarmNames: [] };
  const triggeredAlarmNames = native?.alarm === undefined ? [] : [native.alarm];
  const status = triggeredAlarmNames.length > 0 ? 'TRIGGERED' : finishedAt === undefined ? 'MONITORING' : 'MONITORING_COMPLETE';
  return { status, alarmNames: alarms.alarmNames ?? [], triggeredAlarmNames };
}
