import { isMapping } from '../../document/layers';
import { platformImages, isPlatformImage } from '../../platform/images';
import { quoted } from '../../problem/problem';
import { unsafePath } from '../refs';
import type { Report, RuleInput } from './rule';

/** The images of one name must have one digest: they are built, or mirrored. */
export function platformIsBuiltOrMirrored({ rest }: RuleInput, report: Report): void {
  const platform = isMapping(rest.platform) ? rest.platform : {};
  const isBuilt = platform.build === true;
  if (isBuilt && platform.registry !== undefined)
    report(
      {
        code: 'wrong-value',
        message: 'The platform’s images are built here (platform.build) or copied from platform.registry, never both.',
        hint: 'remove registry: to build them, or build: to copy them',
      },
      ['platform', 'registry'],
      'key',
    );
  if (isBuilt && platform.repo === undefined)
    report(
      {
        code: 'missing-key',
        message: 'platform.repo is missing: the platform’s images are built from it.',
        hint: 'platform:\n  repo: "https://github.com/kdcube/kdcube.git"',
      },
      ['platform'],
    );
  if (!isBuilt && platform.images !== undefined)
    report(
      {
        code: 'unknown-key',
        message: 'platform.images says how images are built, but they are not built here.',
        hint: 'platform:\n  build: true',
      },
      ['platform', 'images'],
      'key',
    );
}

export function platformImagesExist({ rest, release }: RuleInput, report: Report): void {
  const images = isMapping(rest.platform) && isMapping(rest.platform.images) ? rest.platform.images : {};
  for (const [name, written] of Object.entries(images)) {
    const path = ['platform', 'images', name];
    if (!isPlatformImage(name))
      report(
        {
          code: 'unknown-image',
          message: `The platform has no image ${quoted(name)}.`,
          hint: platformImages(release.platform.ref ?? '').join(', '),
        },
        path,
        'key',
      );
    const dockerfile = isMapping(written) ? written.dockerfile : undefined;
    const why = typeof dockerfile === 'string' && dockerfile !== '' ? unsafePath(dockerfile) : undefined;
    if (why)
      report(
        {
          code: 'unsafe-path',
          message: `${quoted(dockerfile as string)} cannot be a Dockerfile of the platform: ${why}.`,
          hint: 'deployment/docker/all_in_one_kdcube/Dockerfile_Ingress',
        },
        [...path, 'dockerfile'],
      );
  }
}
