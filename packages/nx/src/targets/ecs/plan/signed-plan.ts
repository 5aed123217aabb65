import {
  type DeployPlan,
  type Environment,
  KdcubeError,
  type ReleaseRecord,
  repositoryOf,
  shown,
} from '@kdcube/release/internal';
import { findUnsignedImage, withPlannedImages } from '../../../images/released-images';
import { findUnsigned, imageUnsigned, type SignatureRule } from '../../../images/signatures/unsigned';
import type { Log } from '../../../system/log';
import { environmentRegistry, externalImages, releaseImages } from '../../../workspace/environment';
import { openRegistry, type Registries } from '../../../workspace/registries';
import type { OpenRelease } from '../../../workspace/workspace';
import type { EnvOptions } from '../../env';
import { startedImages } from './started-images';

/**
 * Refuses a saved plan with an image of the release that is not signed, where the environment requires it: the file may have been replaced since it was made. Problem `image-unsigned`.
 */
export async function requireSignedPlan(
  open: OpenRelease,
  environment: Environment,
  plan: DeployPlan,
  options: EnvOptions,
  log: Log,
): Promise<void> {
  const { signedFor, registries } = options;
  if (signedFor === undefined) return;
  const name = environmentRegistry(environment, registries);
  const prefix = `${shown(name)}/`;
  const images = await startedImages(plan, environment, { prefix, hasExec: environment.exec !== undefined });
  const references = images.filter((reference) => !namedImages(environment).includes(reference));
  await withPlannedImages(open, releaseImages(environment), { ...options, offline: true }, log, async (jobs) => {
    const registry = openRegistry(name.host, log);
    for (const reference of references) {
      const job = jobs.find(({ plan: { image } }) => reference.startsWith(`${prefix}${image}@`));
      if (!job) throw imageUnsigned(reference, signedFor, '…', 'the release has no such image');
      const place = { registry, repository: repositoryOf(name, job.plan.image) };
      const unsigned = await findUnsignedImage(job, { digest: digestIn(reference) }, place, reference, options);
      if (unsigned) throw unsigned;
    }
  });
}

/**
 * Refuses a rollback to images that are not signed, where the environment requires it: anyone with write access to the registry can write a record. The content key of an earlier release is unknown here: the digest
 * and the name of each image must be signed. Problem `image-unsigned`.
 */
export async function requireSignedRollback(
  environment: Environment,
  plan: DeployPlan,
  record: ReleaseRecord,
  options: SignatureRule & { registries: Registries },
  log: Log,
): Promise<void> {
  const { signedFor } = options;
  if (signedFor === undefined) return;
  const name = environmentRegistry(environment, options.registries);
  const prefix = `${shown(name)}/`;
  const hasExec = environment.exec !== undefined || record.exec !== undefined;
  const external = namedImages(environment);
  const registry = openRegistry(name.host, log);
  for (const reference of await startedImages(plan, environment, { prefix, hasExec })) {
    if (external.includes(reference)) continue;
    if (!reference.startsWith(prefix) && external.map(repositoryIn).includes(repositoryIn(reference)))
      throw otherDigest(reference, environment.name);
    const image = repositoryIn(reference).slice(prefix.length);
    if (!reference.startsWith(prefix) || digestIn(reference) === '')
      throw imageUnsigned(reference, signedFor, '…', `it is not an image by digest in ${shown(name)}`);
    const place = { registry, repository: repositoryOf(name, image) };
    const signed = { digest: digestIn(reference), image };
    const unsigned = await findUnsigned(place, signed, reference, options, { commit: record.commit });
    if (unsigned) throw unsigned;
  }
}

/** The environment may have named this digest at the time, which a record does not prove. */
function otherDigest(reference: string, environment: string): KdcubeError {
  return new KdcubeError({
    code: 'image-unsigned',
    message: `${reference} has no valid signature, and ${environment} requires one: ${environment} now names another digest of this image.`,
    hint: `image: "${reference}"    in environments/${environment}.yaml, after a review, allows it`,
  });
}

/** The images that the environment itself names by digest, which are reviewed with it. */
function namedImages(environment: Environment): string[] {
  return externalImages(environment).map(({ reference }) => reference);
}

/** Empty for an image that only a tag names. */
function digestIn(reference: string): string {
  return reference.split('@')[1] ?? '';
}

/** With the host: `registry.example/acme/proc`. */
function repositoryIn(reference: string): string {
  return reference.split('@')[0]!.replace(/:[^:/]*$/, '');
}
