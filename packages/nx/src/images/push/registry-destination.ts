import { type RegistryName, KdcubeError, quoted, repositoryOf, shown } from '@kdcube/release/internal';
import { carryOut } from '../../system/journal';
import type { Log } from '../../system/log';
import type { Repository } from '../../registry/blobs/blobs';
import { uploadImage } from '../../registry/push';
import { tagImage } from '../../registry/tag-image';
import { getManifest, headManifest } from '../../registry/manifests';
import { logProgress } from '../../registry/blobs/progress';
import { openRegistry } from '../../workspace/registries';
import { pushWithEngine, type Engine } from '../build/engine';
import type { ImageJob } from '../job';
import type { Destination, PreviousImage, UploadedImage } from './destination';
import { readPreviousImage } from './previous';
import type { TagOptions } from './tags';
import { imageToUpload, transferOf } from './upload';

export interface RegistryOptions extends TagOptions {
  /** The previous image, if it was prefetched. */
  previous?: Promise<PreviousImage | undefined>;
}

/** A registry as the destination of an image. */
export function registryDestination({ plan }: ImageJob, target: RegistryName, options: RegistryOptions, log: Log): Destination {
  const { image, platform, tag: key } = plan;
  const place = { registry: openRegistry(target.host, log), repository: repositoryOf(target, image) };
  const { registry, repository } = place;
  const name = `${shown(target)}/${image}`;
  let keyAbsentAt: number | undefined;
  return {
    name,
    kind: 'the registry',
    find() {
      keyAbsentAt = registry.now();
      return headManifest(registry, repository, key);
    },
    readPrevious: () => options.previous ?? readPreviousImage({ ...options, image, platform, target }, log),
    async upload(built, { previous, tags }) {
      if (built.kind === 'engine') return uploadFromEngine(built, place, { name, key }, log);
      const toUpload = imageToUpload(built, previous);
      const onProgress = logProgress(log, image);
      const remote = await uploadImage(registry, repository, toUpload, { key, keyAbsentAt, tags }, { onProgress });
      const { digest, mediaType, size } = remote;
      return { digest, mediaType, size, isReused: remote.how !== 'pushed', transfer: transferOf(remote, toUpload), remote };
    },
    async tag({ remote }, tags) {
      if (!remote) throw new Error('what was not uploaded here cannot be tagged');
      const results = await tagImage(registry, repository, remote, tags);
      for (const { tag, how } of results)
        if (how === 'skipped')
          log.note(`${name}: the moving tag ${quoted(tag)} was left as it is, because the repository's tags are immutable.`);
      return results.filter(({ how }) => how !== 'skipped').map(({ tag }) => tag);
    },
  };
}

/** The engine uploads it. Then the tag is read back: what the registry has is what counts, whatever the engine says. */
async function uploadFromEngine(
  { engine, local }: { engine: Engine; local: string },
  { registry, repository }: Repository,
  { name, key }: { name: string; key: string },
  log: Log,
): Promise<UploadedImage> {
  // The engine must use plain HTTP if our own requests do.
  const plainHttp = registry.base.protocol === 'http:';
  await carryOut({ kind: 'other', text: `${engine} pushed ${name}:${key}` }, () =>
    pushWithEngine(engine, local, `${name}:${key}`, log, { plainHttp }),
  );
  const head = await headManifest(registry, repository, key);
  if (!head)
    throw new KdcubeError({
      code: 'push-failed',
      message: `${engine} reported no error when it pushed ${name}, but the registry has no tag ${key}.`,
    });
  const manifest = await getManifest(registry, repository, head.digest);
  return { ...head, isReused: false, remote: { digest: head.digest, how: 'pushed', manifest } };
}
