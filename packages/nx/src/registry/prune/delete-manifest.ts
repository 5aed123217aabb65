import { KdcubeError, LIMITS, ecrRegion } from '@kdcube/release/internal';
import { deleteEcrImage } from '../../aws/api/container-registry';
import { connectAws } from '../../aws/client';
import { carryOut, type Effect, recordUnconfirmed } from '../../system/journal';
import type { Repository } from '../blobs/blobs';
import { findManifest, headManifest } from '../manifests/manifests';
import { unexpectedResponse } from '../responses';
import { sendAuthorized } from '../transport/auth';
import { endpointUrl, referenceName } from '../transport/connect';
import { describeResponse, parseErrors } from '../transport/response-text';
import type { HttpResponse } from '../transport/types';
import { ecrAccount } from './list-manifests';

type Deletion = 'deleted' | 'missing';

/** Deletes a manifest, and with it every tag that names it; `tags` are those that are known. `missing`: the registry does not have it. Problems `prune-unsupported`, `registry-*`, `aws-*`. */
export function deleteManifest(place: Repository, digest: string, tags: readonly string[]): Promise<Deletion> {
  const effect = deletion(place, digest);
  return carryOut(
    effect,
    () => (ecrRegion(place.registry.host) === undefined ? deleteFrom(place, digest, tags, effect) : deleteFromEcr(place, digest)),
    (result) => result === 'deleted',
  );
}

function deletion({ registry, repository }: Repository, reference: string): Effect {
  return { kind: 'other', text: `deleted ${referenceName(registry, repository, reference)}` };
}

async function deleteFrom(place: Repository, digest: string, tags: readonly string[], effect: Effect): Promise<Deletion> {
  const { registry, repository } = place;
  const from = referenceName(registry, repository, digest);
  let answer = await sendDelete(place, digest);
  if (isTagged(answer)) {
    for (const tag of tags) await deleteTag(place, digest, tag);
    answer = await sendDelete(place, digest);
  }
  if (isUnsupported(answer))
    throw new KdcubeError({
      code: 'prune-unsupported',
      message: `Could not delete ${from}: ${registry.host} does not delete images on request. It answered ${describeResponse(answer, registry.transport.secrets)}.`,
      hint: 'allow deletion in the registry (REGISTRY_STORAGE_DELETE_ENABLED=true of the distribution registry), or use its own retention rules',
    });
  if (answer.status === 404) return 'missing';
  if (answer.status < 200 || answer.status > 299) throw await unexpectedResponse(registry, repository, `delete ${from}`, answer);
  recordUnconfirmed(effect);
  // The response alone is no proof: some registries accept the request and do not delete the image.
  if (await isReadable(place, digest))
    throw new KdcubeError({
      code: 'prune-unsupported',
      message: `${registry.host} accepted the deletion of ${from}, and still has it.`,
      hint: 'use the retention rules of the registry',
    });
  return 'deleted';
}

function sendDelete({ registry, repository }: Repository, reference: string): Promise<HttpResponse> {
  const url = endpointUrl(registry, repository, 'manifests', reference);
  const scope = `repository:${repository}:pull,push,delete`;
  return sendAuthorized(registry, { method: 'DELETE', url, headers: {}, maxBytes: LIMITS.registryResponseBytes.max }, scope);
}

function isUnsupported({ status, body }: HttpResponse): boolean {
  return status === 405 || status === 501 || (status === 400 && /UNSUPPORTED/.test(body.toString('utf8')));
}

/** Google's registry deletes no manifest that has a tag. */
function isTagged(answer: HttpResponse): boolean {
  return parseErrors(answer).some(({ code }) => code === 'GOOGLE_MANIFEST_DANGLING_TAG');
}

/** Deletes a tag, if it still names the manifest. Problems `registry-*`. */
async function deleteTag(place: Repository, digest: string, tag: string): Promise<void> {
  const { registry, repository } = place;
  const head = await headManifest(registry, repository, tag);
  if (head?.digest !== digest) return;
  await carryOut(
    deletion(place, tag),
    async () => {
      const answer = await sendDelete(place, tag);
      if (answer.status === 404) return 'missing';
      if (answer.status >= 200 && answer.status < 300) return 'deleted';
      throw await unexpectedResponse(registry, repository, `delete ${referenceName(registry, repository, tag)}`, answer);
    },
    (result) => result === 'deleted',
  );
}

/** It could be read before: where it is denied now, the registry denies what does not exist (Artifactory). */
async function isReadable({ registry, repository }: Repository, digest: string): Promise<boolean> {
  try {
    return (await findManifest(registry, repository, digest)) !== undefined;
  } catch (error) {
    if (error instanceof KdcubeError && error.problems[0]?.code === 'registry-denied') return false;
    throw error;
  }
}

async function deleteFromEcr({ registry, repository }: Repository, digest: string): Promise<Deletion> {
  const aws = await connectAws(ecrRegion(registry.host)!);
  try {
    const { isDeleted, refusal } = await deleteEcrImage(aws, ecrAccount(registry.host), repository, digest);
    if (refusal === undefined) return isDeleted ? 'deleted' : 'missing';
    throw new KdcubeError({
      code: 'prune-unsupported',
      message: `ECR did not delete ${referenceName(registry, repository, digest)}: ${refusal}.`,
      hint: 'nx run release:prune    reads the registry again',
    });
  } finally {
    aws.close();
  }
}
