import { OCI_MANIFEST } from '../manifests/manifest-format';
import { putManifest } from '../manifests/manifests';
import { config, manifestOf, serveReplies } from '../../../testing/manifest-kit';
import { closeAfterEach, open, problemOf } from '../../../testing/push-kit';

closeAfterEach();

describe('immutable tags', () => {
  const bytes = manifestOf(config('amd64'));
  const refusing = (status: number, message: string, exists: boolean) =>
    serveReplies((method) => {
      if (method === 'PUT') return { status, body: JSON.stringify({ errors: [{ code: 'X', message }] }) };
      return exists ? { headers: { 'content-type': OCI_MANIFEST }, body: bytes } : { status: 404 };
    });

  it.each<[number, string, boolean]>([
    [
      400,
      "The image tag 'v1' already exists in the 'x' repository and cannot be overwritten because the repository is immutable.",
      false,
    ],
    [409, 'ImageTagAlreadyExistsException', false],
    [412, 'Failed to process request due to: configured as immutable', false],
    [409, 'conflict', true],
    [405, 'The operation is unsupported.', true],
    [412, 'precondition failed', true],
    [423, 'locked', true],
    [400, 'Repository does not allow updating assets: docker-hosted', true],
  ])('%d %s', async (status, message, exists) => {
    expect(await putManifest(open(await refusing(status, message, exists)), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('immutable');
  });

  it.each<[number, string, string]>([
    [405, 'The operation is unsupported.', 'registry-response'],
    [400, 'manifest invalid', 'registry-response'],
    [413, 'too large', 'registry-response'],
    [403, 'not yours', 'registry-denied'],
    [400, 'Repository does not allow updating assets: docker-hosted', 'registry-response'],
  ])('are not confused with %d %s', async (status, message, code) => {
    const problem = await problemOf(putManifest(open(await refusing(status, message, false)), 'x', 'v1', bytes, OCI_MANIFEST));
    expect(problem).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    [403, 'DENIED', 'requested access to the resource is denied'],
    [401, 'UNAUTHORIZED', 'access to the requested resource is not authorized'],
    [400, 'MANIFEST_INVALID', 'manifest invalid'],
  ])('%d %s: only where the same manifest is accepted under its digest', async (status, code, message) => {
    const refusal = { status, body: JSON.stringify({ errors: [{ code, message }] }) };
    let acceptsDigest = true;
    const host = await serveReplies((method, path) => {
      if (method === 'PUT') return acceptsDigest && path.includes('sha256:') ? { status: 201 } : refusal;
      return { headers: { 'content-type': OCI_MANIFEST }, body: bytes };
    });
    expect(await putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST)).toBe('immutable');
    acceptsDigest = false;
    const problem = await problemOf(putManifest(open(host), 'x', 'v1', bytes, OCI_MANIFEST));
    expect(problem.code).toBe(status === 400 ? 'registry-response' : 'registry-denied');
  });
});
