import { platform } from '../state/task-view.mjs';
import { resolveImage } from './images.mjs';

/** @import { ResolvedImage, Task, World } from '../state/types.d.ts' */

/**
 * Each container's digest; the reason, when an image cannot be resolved. The result of the first task of a service revision is reused: "After the container image
 * digest has been established, Amazon ECS uses the digest to start any other desired tasks": API_ContainerImage.html. A tag that moves meanwhile moves nothing.
 * @param {World} world
 * @param {Task} task
 */
export async function resolveDigests(world, task) {
  const revision = world.revisions.get(task.revision ?? '');
  const found = revision?.resolved ?? [];
  for (const [index, container] of task.containers.entries()) {
    const image = found[index] ?? (await resolveImage(world, container.image, platform(task.definition)));
    if (image.missing) return image.missing;
    found[index] = image;
    container.bundles = image.bundles;
    container.digest = reportedDigest(world, task, image);
  }
  if (revision && !revision.resolved) {
    revision.resolved = found;
    revision.images = task.containers.map(({ name, image }, index) => ({
      containerName: name,
      image,
      ...revisionImage(world, found[index]),
    }));
  }
  return undefined;
}

/**
 * @param {World} options
 * @param {Task} options
 * @param {ResolvedImage} image
 */
function reportedDigest({ quirks }, { rule }, image) {
  if (rule.digest !== undefined) return rule.digest ?? undefined;
  if (quirks.digest === 'none') return undefined;
  return quirks.digest === 'index' ? (image.index ?? image.digest) : image.digest;
}

/**
 * @param {World} options
 * @param {ResolvedImage} image
 */
function revisionImage({ quirks }, image) {
  return quirks.digest === 'none' ? {} : { imageDigest: image.index ?? image.digest };
}
