import { KdcubeError } from '@kdcube/release/internal';
import { getBlob } from './blobs';
import { headBlob } from './head-blob';
import { uploadBlob } from './upload-blob';
import { closeAfterEach, double, named, open, problemOf, serve, source } from '../../../testing/push-kit';

closeAfterEach();
const bytes = Buffer.from('the bytes of a blob, in pieces of seven');
const blob = named(bytes);
const methods = (registry: { journal: { method: string; kind: string; status?: number }[] }) =>
  registry.journal.map(({ method, kind, status }) => `${method} ${kind} ${status}`);

describe('a blob', () => {
  it.each([{}, { uploads: { absolute: true } }])('is sent in one piece (%j)', async (options) => {
    const registry = await double(options);
    const client = open(registry.host);
    const sent: number[] = [];
    expect(await headBlob(client, 'a', blob)).toBe(false);
    await uploadBlob(client, 'a', blob, source(bytes).open, { onProgress: (count) => sent.push(count) });
    expect(methods(registry)).toEqual(['HEAD blob 404', 'POST uploads 202', 'PUT upload 201']);
    expect(await headBlob(client, 'a', blob)).toBe(true);
    expect((await getBlob(client, 'a', blob.digest)).equals(bytes)).toBe(true);
    expect(sent).toEqual([7, 14, 21, 28, 35, 39]);
  });

  it('may be empty', async () => {
    const client = open((await double()).host);
    await uploadBlob(client, 'a', named(Buffer.alloc(0)), source(Buffer.alloc(0)).open);
    expect(await headBlob(client, 'a', named(Buffer.alloc(0)))).toBe(true);
  });

  it('opens another session if the one that was open is gone', async () => {
    const registry = await double();
    const client = open(registry.host);
    const lost = { url: new URL(`${registry.url}/v2/a/blobs/uploads/00000000-0000-0000-0000-000000000000`), minChunk: 0 };
    await uploadBlob(client, 'a', blob, source(bytes).open, { session: lost });
    expect(await headBlob(client, 'a', blob)).toBe(true);
  });

  it('is asked for by its digest and its length', async () => {
    const client = open((await double()).host);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    expect(await problemOf(headBlob(client, 'a', { ...blob, size: 3 }))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('expected 3 bytes, got 39'),
    });
    await expect(uploadBlob(client, '../a', blob, source(bytes).open)).rejects.toThrow('registry-name');
  });
});

describe('a blob that changes while it is read', () => {
  it.each([
    ['is longer', Buffer.concat([bytes, Buffer.from('!')])],
    ['is shorter', bytes.subarray(1)],
    ['is another', Buffer.from(bytes).fill('x', 38)],
    ['is gone', Buffer.alloc(0)],
  ])('%s: a Problem, and the registry never has a wrong one', async (_, now) => {
    for (const uploads of [{}, { most: 20 }]) {
      const registry = await double({ uploads });
      const client = open(registry.host);
      const problem = await problemOf(uploadBlob(client, 'a', blob, source(now).open));
      expect(problem).toMatchObject({
        code: 'file-error',
        message: expect.stringContaining('changed while it was read: it has '),
      });
      expect(await headBlob(client, 'a', blob)).toBe(false);
      expect(registry.journal.filter(({ method, status }) => method === 'PUT' && status === 201)).toEqual([]);
    }
  });

  it('cannot be read: a Problem with the reason', async () => {
    const client = open((await double()).host);
    const broken = async function* () {
      yield bytes.subarray(0, 3);
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    expect(await problemOf(uploadBlob(client, 'a', blob, broken))).toMatchObject({
      code: 'file-error',
      message: expect.stringContaining('EIO: i/o error'),
    });
    const known = async function* () {
      yield* [] as Buffer[];
      throw new KdcubeError({ code: 'disk-full', message: 'Full.' });
    };
    expect((await problemOf(uploadBlob(client, 'a', blob, known))).code).toBe('disk-full');
  });
});

describe('a registry that refuses a blob in one PUT', () => {
  const refused = (status: number, code?: string) => ({
    status,
    ...(code && { body: JSON.stringify({ errors: [{ code, message: 'no' }] }) }),
  });

  it.each<[string, unknown]>([
    ['405', refused(405, 'UNSUPPORTED')],
    ['404 BLOB_UNKNOWN', refused(404, 'BLOB_UNKNOWN')],
    ['411', refused(411)],
    ['415', refused(415)],
    ['416', refused(416)],
    ['501', refused(501)],
    ['400 UNSUPPORTED', refused(400, 'UNSUPPORTED')],
  ])('%s: gets it as docker sends it, in one PATCH without a range', async (_, fault) => {
    const registry = await double();
    const client = open(registry.host);
    registry.faults = ({ method, headers }) => (method === 'PUT' && headers['content-length'] !== '0' ? fault : undefined);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    expect(methods(registry).slice(2)).toEqual(['POST uploads 202', 'PATCH upload 202', 'PUT upload 201']);
    expect(registry.journal.find(({ method }) => method === 'PATCH')!.headers).not.toHaveProperty('content-range');
    expect(await headBlob(client, 'a', blob)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['404 without a word', refused(404)],
    ['404 BLOB_UPLOAD_UNKNOWN', refused(404, 'BLOB_UPLOAD_UNKNOWN')],
    ['400 BLOB_UPLOAD_INVALID', refused(400, 'BLOB_UPLOAD_INVALID')],
  ])('%s, every time: the third attempt is a PATCH', async (_, fault) => {
    const registry = await double();
    registry.faults = ({ method, headers }) => (method === 'PUT' && headers['content-length'] !== '0' ? fault : undefined);
    await uploadBlob(open(registry.host, { attempts: 3 }), 'a', blob, source(bytes).open);
    expect(registry.journal.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST', 'PUT', 'POST', 'PATCH', 'PUT']);
  });

  it('and the PATCH too is a Problem with what it said', async () => {
    const registry = await double();
    registry.faults = ({ method }) => (['PUT', 'PATCH'].includes(method) ? refused(405, 'UNSUPPORTED') : undefined);
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', blob, source(bytes).open));
    expect(problem).toMatchObject({ code: 'registry-response', message: expect.stringContaining('405 (UNSUPPORTED: no)') });
    expect(registry.journal.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST', 'PATCH']);
  });

  it('a response to a PATCH without a location: the upload continues at the same URL', async () => {
    const paths: string[] = [];
    const host = await serve((request, response) => {
      paths.push(`${request.method} ${request.url}`);
      const { method, headers } = request;
      const status = method === 'PUT' ? (headers['content-length'] === '0' ? 201 : 405) : 202;
      request.resume().on('end', () => response.writeHead(status, method === 'POST' ? { location: '/up/1?s=2' } : {}).end());
    });
    await uploadBlob(open(host), 'a', blob, source(bytes).open);
    expect(paths.slice(-2)).toEqual(['PATCH /up/1?s=2', `PUT /up/1?s=2&digest=${encodeURIComponent(blob.digest)}`]);
  });

  it('a blob that another push uploaded meanwhile, where nothing is overwritten (Nexus), is there', async () => {
    const registry = await double();
    const client = open(registry.host);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    const detail = `docker-hosted/v2/-/blobs/${blob.digest} cannot be updated`;
    const body = JSON.stringify({ errors: [{ code: 'BLOB_UPLOAD_INVALID', message: 'blob upload invalid', detail }] });
    registry.faults = ({ method }) => (method === 'PUT' ? { status: 400, body } : undefined);
    await uploadBlob(client, 'a', blob, source(bytes).open);
    const problem = await problemOf(uploadBlob(client, 'b', blob, source(bytes).open));
    expect(problem.message).toContain('cannot be updated');
  });
});
