import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import { deleteEcrImage } from '../../aws/api/container-registry';
import { connectAws } from '../../aws/client';
import { carryOut } from '../../system/journal';
import type { Repository } from '../blobs/blobs';
import { findManifest } from '../manifests';
import { unexpectedResponse } from '../responses';
import { sendAuthorized } from '../transport/auth';
import { endpointUrl, referenceName } from '../transport/connect';
import { ecrRegion } from '../transport/problems';
import { describeResponse } from '../transport/response-text';
import { ecrAccount } from './list-manifests';

/** Deletes a manifest, and with it every tag that names it. `missing`: the registry does not have it. Problems `prune-unsupported`, `registry-*`, `aws-*`. */
export function deleteManifest(place: Repository, digest: string): Promise<'deleted' | 'missing'> {
  const text = `deleted ${referenceName(place.registry, place.repository, digest)}`;
  return carryOut(
    { kind: 'other', text },
    () => (ecrRegion(place.registry.host) === undefined ? deleteFrom(place, digest) : deleteFromEcr(place, digest)),
    (result) => result === 'deleted',
  );
}

async function deleteFrom({ registry, repository }: Repository, digest: string): Promise<'deleted' | 'missing'> {
  const from = referenceName(registry, repository, digest);
  const url = endpointUrl(registry, repository, 'manifests', digest);
  const scope = `repository:${repository}:pull,push,delete`;
  const answer = await sendAuthorized(
    registry,
    { method: 'DELETE', url, headers: {}, maxBytes: LIMITS.registryResponseBytes.max },
    scope,
  );
  if (
    answer.status === 405 ||
    answer.status === 501 ||
    (answer.status === 400 && /UNSUPPORTED/.test(answer.body.toString('utf8')))
  )
    throw new KdcubeError({
      code: 'prune-unsupported',
      message: `Could not delete ${from}: ${registry.host} does not delete images on request. It answered ${describeResponse(answer, registry.transport.secrets)}.`,
      hint: 'allow deletion in the registry (REGISTRY_STORAGE_DELETE_ENABLED=true of the distribution registry), or use its own retention rules',
    });
  if (answer.status !== 202 && answer.status !== 200 && answer.status !== 204 && answer.status !== 404)
    throw await unexpectedResponse(registry, repository, `delete ${from}`, answer);
  // The answer alone is no proof: some registries accept the request and keep the image.
  if (answer.status !== 404 && (await findManifest(registry, repository, digest)))
    throw new KdcubeError({
      code: 'prune-unsupported',
      message: `${registry.host} accepted the deletion of ${from}, and still has it.`,
      hint: 'use the retention rules of the registry',
    });
  return answer.status === 404 ? 'missing' : 'deleted';
}

async function deleteFromEcr({ registry, repository }: Repository, digest: string): Promise<'deleted' | 'missing'> {
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
