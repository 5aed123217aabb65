// Families and their revisions. A number is given once: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html ("revision":
// "the revision number always increases by one … even if you deregistered previous revisions in this family").
import { fail } from '../protocol.mjs';
import { arn, compact, lastPart, seconds } from '../names.mjs';
import { completeDefinition } from './task-defaults.mjs';
import { page } from './paging.mjs';
import { tooNew } from './stale.mjs';

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

/** family, family:revision or ARN. A family alone is its latest ACTIVE revision: .../API_DescribeTaskDefinition.html. */
export function findDefinition(world, given, seen = () => true) {
  const [name, revision] = lastPart(given ?? '').split(':');
  const revisions = (world.families.get(name)?.revisions ?? []).filter(seen);
  const found =
    revision === undefined
      ? revisions.findLast(({ record }) => record.status === 'ACTIVE')
      : revisions.find(({ record }) => String(record.revision) === revision);
  if (!found) throw fail('ClientException', 'Unable to describe task definition.');
  return found;
}

/** For RunTask, CreateService and UpdateService: "You can't use an INACTIVE task definition …": .../API_DeregisterTaskDefinition.html. */
export function deployable(world, given) {
  let found;
  try {
    found = findDefinition(world, given);
  } catch {
    throw fail('ClientException', 'TaskDefinition not found.');
  }
  if (found.record.status !== 'ACTIVE') throw fail('ClientException', 'TaskDefinition is inactive');
  return found.record;
}

export function describeTaskDefinition(world, { taskDefinition, include = [] }) {
  const { record, tags } = findDefinition(world, taskDefinition, (one) => visible(world, 'DescribeTaskDefinition', one));
  return { taskDefinition: record, ...(include.includes('TAGS') ? { tags } : {}) };
}

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

/** "By default (ASC), task definitions are listed alphabetically by family name and numerically by revision": .../API_ListTaskDefinitions.html. */
export function listTaskDefinitions(world, request) {
  const { familyPrefix, status = 'ACTIVE', sort = 'ASC' } = request;
  const arns = [...world.families.keys()]
    .sort()
    .filter((family) => familyPrefix === undefined || family === familyPrefix)
    .flatMap((family) => world.families.get(family).revisions)
    .filter(({ record }) => record.status === status)
    .filter((one) => visible(world, 'ListTaskDefinitions', one))
    .map(({ record }) => record.taskDefinitionArn);
  const { page: taskDefinitionArns, nextToken } = page(sort === 'DESC' ? arns.reverse() : arns, request, { byDefault: 100 });
  return compact({ taskDefinitionArns, nextToken });
}

/** Reads may be stale; deploying is not: UpdateService takes a revision as soon as it was registered. */
function visible(world, op, { record }) {
  return !tooNew(world, op, record.registeredAt * 1000);
}
