// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TagResource.html: services, clusters, tasks and task definitions can be tagged.
import { fail } from '../protocol/aws-error.mjs';
import { lastPart } from '../state/names.mjs';

/** @import { Tag, World } from '../state/types.d.ts' */

/**
 * @param {World} world
 * @param {{ resourceArn: string, tags: Tag[] }} options
 */
export function tagResource(world, { resourceArn, tags }) {
  const tagged = find(world, resourceArn);
  const merged = new Map(tagged.tags.map(({ key, value }) => [key, value]));
  for (const { key, value } of tags) merged.set(key, value);
  // "Maximum number of tags per resource: 50"
  if (merged.size > 50) throw fail('InvalidParameterException', 'You can have a maximum of 50 tags on a resource.');
  tagged.tags.splice(0, Infinity, ...[...merged].map(([key, value]) => ({ key, value })));
  return {};
}

/**
 * @param {World} world
 * @param {{ resourceArn: string, tagKeys: string[] }} options
 */
export function untagResource(world, { resourceArn, tagKeys }) {
  const { tags } = find(world, resourceArn);
  tags.splice(0, Infinity, ...tags.filter(({ key }) => !tagKeys.includes(key)));
  return {};
}

/**
 * @param {World} world
 * @param {{ resourceArn: string }} options
 */
export function listTagsForResource(world, { resourceArn }) {
  return { tags: find(world, resourceArn).tags };
}

/**
 * @param {World} world
 * @param {string | undefined} resourceArn
 */
function find(world, resourceArn) {
  const [kind, ...path] = (resourceArn ?? '').split(':').slice(5).join(':').split('/');
  const name = path.join('/');
  /** @type {Record<string, () => { tags: Tag[] } | undefined>} */
  const resources = {
    cluster: () => world.clusters.get(name),
    service: () => world.services.get(name),
    task: () => world.tasks.get(resourceArn ?? ''),
    'task-definition': () => {
      const [family, revision] = lastPart(name).split(':');
      return world.families.get(family)?.revisions[Number(revision) - 1];
    },
  };
  const found = resources[kind]?.();
  if (!found)
    throw fail('InvalidParameterException', `Invalid identifier: Unexpected resource or resource not found: ${resourceArn}`);
  return found;
}
