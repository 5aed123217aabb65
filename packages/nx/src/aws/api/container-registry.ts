import type { AwsConnection } from '../client';
import { invalidResponse, isRecord, listAllPages, requireList } from '../response';
import { ECR } from '../services';
import { callJson } from '../signed-request';

/** An image of Amazon ECR, also an untagged one. */
interface EcrImage {
  digest: string;
  tags: string[];
  /** Milliseconds since 1970. */
  pushedAt: number;
}

/** Every manifest of a repository. */
export function listEcrImages(aws: AwsConnection, account: string, repository: string): Promise<EcrImage[]> {
  return listAllPages('ecr:DescribeImages', async (nextToken) => {
    const input = { registryId: account, repositoryName: repository, maxResults: 1000, ...(nextToken && { nextToken }) };
    const page = await callJson(aws, ECR, 'DescribeImages', input);
    const items = requireList<Record<string, unknown>>(page, 'imageDetails', 'ecr:DescribeImages').map(toImage);
    return { items, nextToken: typeof page.nextToken === 'string' ? page.nextToken : undefined };
  });
}

function toImage({ imageDigest, imageTags = [], imagePushedAt }: Record<string, unknown>): EcrImage {
  const areTags = Array.isArray(imageTags) && imageTags.every((tag) => typeof tag === 'string');
  if (typeof imageDigest !== 'string' || typeof imagePushedAt !== 'number' || !areTags)
    throw invalidResponse('ecr:DescribeImages');
  return { digest: imageDigest, tags: imageTags as string[], pushedAt: imagePushedAt * 1000 };
}

/** Deletes an image with all its tags. Returns why not, if ECR refuses it; undefined if it is deleted or does not exist. */
export async function deleteEcrImage(
  aws: AwsConnection,
  account: string,
  repository: string,
  digest: string,
): Promise<{ isDeleted: boolean; refusal?: string }> {
  const input = { registryId: account, repositoryName: repository, imageIds: [{ imageDigest: digest }] };
  const response = await callJson(aws, ECR, 'BatchDeleteImage', input);
  const deleted = requireList<Record<string, unknown>>(response, 'imageIds', 'ecr:BatchDeleteImage');
  if (deleted.some(({ imageDigest }) => imageDigest === digest)) return { isDeleted: true };
  const [failure] = Array.isArray(response.failures) ? response.failures : [];
  if (!isRecord(failure)) throw invalidResponse('ecr:BatchDeleteImage');
  if (failure.failureCode === 'ImageNotFound') return { isDeleted: false };
  return { isDeleted: false, refusal: `${String(failure.failureCode)}: ${String(failure.failureReason)}` };
}
