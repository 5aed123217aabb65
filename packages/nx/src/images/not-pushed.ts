import type { ImagePlan, RegistryName } from '@kdcube/release/internal';
import { KdcubeError, shown } from '@kdcube/release/internal';

export function notPushed(registry: RegistryName, { image, tag }: Pick<ImagePlan, 'image' | 'tag'>): KdcubeError {
  return new KdcubeError({
    code: 'image-not-pushed',
    message: `${shown(registry)}/${image} does not have this release's content (its key is ${tag}).`,
    hint: `nx run ${image}:docker-push`,
  });
}
