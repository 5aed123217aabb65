import { createHash } from 'node:crypto';
import { getBlob } from './blobs';
import { uploadBlob } from './upload-blob';
import { closeAfterEach, double, named, open, problemOf, serve, source } from '../../../testing/push-kit';

closeAfterEach();

describe('pieces', () => {
  const large = Buffer.alloc(1_500_000, 'large ');

  it('follow a 413, smaller until they fit, each at the place of the last answer', async () => {
    const registry = await double({ uploads: { most: 300_000 } });
    const client = open(registry.host);
    await uploadBlob(client, 'a', named(large), source(large, 65_536).open);
    expect((await getBlob(client, 'a', named(large).digest)).equals(large)).toBe(true);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([262_144, 262_144, 262_144, 262_144, 262_144, 189_280]);
    expect(pieces[1]!.headers['content-range']).toBe('262144-524287');
  });

  it('are as large as the registry wants them', async () => {
    const registry = await double({ uploads: { most: 700_000, leastPiece: 600_000 } });
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([600_000, 600_000, 300_000]);
  });

  it('that fit in no way are a Problem with what the registry said', async () => {
    const registry = await double({ uploads: { most: 1000 } });
    const problem = await problemOf(uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open));
    expect(problem).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('413 (a web page: 413 Request Entity Too Large)'),
    });
  });

  it('follow a 416 of the whole', async () => {
    const registry = await double();
    registry.faults = ({ method, headers }) => method === 'PUT' && headers['content-length'] !== '0' && { status: 416 };
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    expect(registry.journal.map(({ method, kind, status }) => `${method} ${kind} ${status}`)).toEqual([
      'POST uploads 202',
      'PUT upload 416',
      'POST uploads 202',
      'PATCH upload 202',
      'PUT upload 201',
    ]);
  });

  it('follow a 416 of the whole as a PATCH', async () => {
    const registry = await double();
    registry.faults = ({ headers }) => Number(headers['content-length'] ?? 0) > 1_400_000 && { status: 416 };
    await uploadBlob(open(registry.host), 'a', named(large), source(large, 65_536).open);
    const pieces = registry.journal.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(pieces.map(({ received }) => received)).toEqual([1_048_576, 451_424]);
  });

  it('begin again together: after a cut, a 416, a token that ended', async () => {
    const registry = await double({ uploads: { most: 1_200_000 }, auth: { type: 'bearer', users: { me: 'hunter2' } } });
    const client = open(registry.host, { credentials: async () => ({ kind: 'password', username: 'me', password: 'hunter2' }) });
    const faults: unknown[] = [
      undefined,
      'cut',
      undefined,
      { cutBody: 1000 },
      undefined,
      'lost',
      undefined,
      { status: 416 },
      undefined,
      'revoke',
    ];
    registry.faults = ({ method }) => {
      if (method !== 'PATCH') return undefined;
      const fault = faults.shift();
      if (fault !== 'revoke') return fault;
      return void registry.revoke();
    };
    const from = source(large, 65_536);
    await uploadBlob(client, 'a', named(large), from.open);
    expect((await getBlob(client, 'a', named(large).digest)).equals(large)).toBe(true);
    expect(from.opened).toBeGreaterThanOrEqual(6);
  });
});

it.each([
  [500, 'in one piece', Infinity],
  [100, 'in several', 40],
])(
  '%d MB go through bounded memory %s',
  async (count, _, most) => {
    const piece = Buffer.alloc(1024 * 1024);
    const hash = createHash('sha256');
    for (let i = 0; i < count; i += 1) hash.update(stamped(piece, i));
    const large = { digest: `sha256:${hash.digest('hex')}`, size: count * piece.length };
    let got = createHash('sha256');
    let arrived = 0;
    const host = await serve((request, response) => {
      if (Number(request.headers['content-length'] ?? 0) > most * piece.length) return void response.writeHead(413).end();
      if (request.method === 'POST') {
        got = createHash('sha256');
        arrived = 0;
      }
      request.on('data', (chunk: Buffer) => {
        got.update(chunk);
        arrived += chunk.length;
      });
      request.on('end', () => response.writeHead(request.method === 'PUT' ? 201 : 202, { location: '/upload' }).end());
    });
    let maxBuffered = 0;
    let grown = 0;
    const before = process.memoryUsage.rss();
    const generate = async function* () {
      for (let i = 0; i < count; i += 1) {
        yield Buffer.from(stamped(piece, i));
        maxBuffered = Math.max(maxBuffered, (i + 1) * piece.length - arrived);
        grown = Math.max(grown, process.memoryUsage.rss() - before);
      }
    };
    await uploadBlob(open(host), 'a', large, generate);
    expect([arrived, `sha256:${got.digest('hex')}`]).toEqual([large.size, large.digest]);
    // What was taken from the source and has not arrived: the sockets' buffers and two chunks.
    expect(maxBuffered).toBeLessThan(32 * 1024 * 1024);
    expect(grown).toBeLessThan(150 * 1024 * 1024);
  },
  120_000,
);

function stamped(piece: Buffer, number: number): Buffer {
  piece.writeUInt32BE(number, 0);
  return piece;
}
