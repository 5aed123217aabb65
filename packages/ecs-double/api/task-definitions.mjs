// Families and their revisions. A number is given once: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html ("revision":
// "the revision number always increases by one … even if you deregistered previous revisions in this family").
import { fail } from '../protocol/aws-error.mjs';
import { arn, compact, seconds } from '../state/names.mjs';
import { completeDefinition } from '../state/task-defaults.mjs';
import { page } from './paging.mjs';
import { findDefinition } from '../state/task-definitions.mjs';
import { isNotYetVisible } from '../state/consistency.mjs';

/** @import { RegisteredDefinition, Request, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {Request} request
 */
export function registerTaskDefinition(world, request) {
  const { tags = [], ...asked } = request;
  const definition = completeDefinition(asked);
  const family = world.families.get(asked.family) ?? { revisions: [] };
  world.families.set(asked.family, family);
  const revision = family.revisions.length + 1;
  const record = {
    ...definition,
    taskDefinitionArn: arn(world, `task-definition/${asked.family}:${revision}`),
    revision,
    status: 'ACTIVE',
    registeredAt: seconds(world.clock.now()),
    registeredBy: `arn:aws:sts::${world.account}:assumed-role/deployer/session`,
  };
  family.revisions.push({ record, tags });
  return { taskDefinition: record, tags };
}

/**
 * @param {World} world
 * @param {Request} options
 */
export function describeTaskDefinition(world, { taskDefinition, include = [] }) {
  const { record, tags } = findDefinition(world, taskDefinition, (one) => visible(world, 'DescribeTaskDefinition', one));
  return { taskDefinition: record, ...(include.includes('TAGS') ? { tags } : {}) };
}

/**
 * @param {World} world
 * @param {Request} options
 */
export function deregisterTaskDefinition(world, { taskDefinition }) {
  if (!/:\d+$/.test(taskDefinition ?? '')) throw fail('ClientException', 'Invalid revision number. Number: null');
  let found;
  try {
    found = findDefinition(world, taskDefinition);
  } catch {
    throw fail('ClientException', 'The specified task definition does not exist.');
  }
  Object.assign(found.record, { status: 'INACTIVE', deregisteredAt: seconds(world.clock.now()) });
  return { taskDefinition: found.record };
}

/**
 * "By default (ASC), task definitions are listed alphabetically by family name and numerically by revision": .../API_ListTaskDefinitions.html.
 * @param {World} world
 * @param {Request} request
 */
export function listTaskDefinitions(world, request) {
  const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = request;
  const arns = [...world.families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([family]) => familyPrefix === undefined || family === familyPrefix)
    .flatMap(([, { revisions }]) => revisions)
    .filter(({ record }) => record.status === status)
    .filter((one) => visible(world, 'ListTaskDefinitions', one))
    .map(({ record }) => record.taskDefinitionArn);
  const { page: taskDefinitionArns, nextToken } = page(sort === 'DESC' ? arns.reverse() : arns, request, { byDefault: 100 });
  return compact({ taskDefinitionArns, nextToken });
}

/**
 * Reads may be stale; deploying is not: UpdateService takes a revision as soon as it was registered.
 * @param {World} world
 * @param {string} op
 * @param {RegisteredDefinition} options
 */
function visible(world, op, { record }) {
  return !isNotYetVisible(world, op, record.registeredAt * 1000);
}
