import type { CheckResult, Environment } from '@kdcube/release/internal';
import { renderEnv } from '@kdcube/release/internal';
import type { EnvOptions } from '../../env';
import type { Log } from '../../../system/log';
import { prepareBundles } from '../../git-mode/prepare';
import { checkPushed } from '../../git-mode/pushed';
import type { OpenRelease } from '../../../workspace/workspace';
import { verifyEnvironment } from './verify';
import { environmentRegistry, externalImages, releaseImages } from '../../../workspace/environment';
import { checkRepositories } from './repositories';
import { findImages, NOT_PUSHED } from '../../verify-images';

type VerifyReleaseOptions = Omit<EnvOptions, 'offline'> & { secretKeys: boolean; layers: boolean };

/** Checks everything that a deployment of this release to this environment needs. */
export async function verifyRelease(
  open: OpenRelease,
  written: Environment,
  { secretKeys, ...options }: VerifyReleaseOptions,
  log: Log,
): Promise<CheckResult[]> {
  const { environment, descriptor } = await prepareBundles(open, written, options.registries, log);
  const { results, images } = await findImages(open, environment, options, log);
  // Whether proc's image has git is a check of its own.
  const rendered = renderEnv({ environment, release: open.release, descriptor, images, imageHasGit: true });
  const exec = environment.exec?.image;
  const execImage = exec?.kind === 'digest' ? exec.reference : exec && images.get(exec.name);
  const pushed = { ...rendered, services: rendered.services.filter(({ image }) => image !== NOT_PUSHED) };
  const { generation } = open.release;
  const subject = { generation, rendered, pushed, execImage: execImage === NOT_PUSHED ? undefined : execImage, secretKeys };
  const pushedBundles = await checkPushed(open, descriptor.clones, log);
  const mirrored = externalImages(environment).flatMap(({ published }) => published?.name ?? []);
  const repositories = await checkRepositories(
    new Set([...releaseImages(environment), ...mirrored, 'releases']),
    environmentRegistry(environment, options.registries),
  );
  return [...results, ...repositories, ...pushedBundles, ...(await verifyEnvironment(environment, subject, log))];
}
