import { fail } from '../protocol/aws-error.mjs';
import { lastPart } from './names.mjs';

/** @import { RegisteredDefinition, World } from './types.d.ts' */

/**
 * family, family:revision or ARN. A family alone is its latest ACTIVE revision: .../API_DescribeTaskDefinition.html.
 * @param {World} world
 * @param {string | undefined} given
 * @param {(one: RegisteredDefinition) => boolean} [seen]
 */
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

/**
 * For RunTask, CreateService and UpdateService: "You can't use an INACTIVE task definition …": .../API_DeregisterTaskDefinition.html.
 * @param {World} world
 * @param {string | undefined} given
 */
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
