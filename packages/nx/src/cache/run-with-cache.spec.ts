import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { KdcubeError } from '@kdcube/release/internal';
import { HELP, readArguments } from './args';
import { runWithCache } from './run-with-cache';

/** Asks and stores as Nx 24 does, and ends with 1 where Nx does: 404 and 403 are the only answers that it lives with. Writes what it got to $RESULT. */
const NX = `
const { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: server, NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token, RESULT } = process.env;
const headers = { authorization: 'Bearer ' + token };
(async () => {
  const got = [];
  for (const hash of server ? ['one', 'two'] : []) {
    const get = await fetch(server + '/v1/cache/' + hash, { headers });
    if (get.status === 200) got.push([hash, (await get.arrayBuffer()).byteLength]);
    else if (get.status !== 404) process.exit(1);
    else {
      const put = await fetch(server + '/v1/cache/' + hash, { method: 'PUT', headers, body: 'built ' + hash });
      if (put.status !== 200 && put.status !== 403) process.exit(1);
    }
  }
  require('fs').writeFileSync(RESULT, JSON.stringify({ server, got, skipped: !server }));
})();
`;

type Behavior = (request: http.IncomingMessage, response: http.ServerResponse, hash: string) => void;

let folder: string;
let server: http.Server | undefined;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-cache-'))));
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  fs.rmSync(folder, { recursive: true });
});

async function serve(behavior: Behavior): Promise<{ url: string; journal: string[]; stored: Map<string, string> }> {
  const journal: string[] = [];
  const stored = new Map<string, string>();
  server = http.createServer((request, response) => {
    const hash = request.url!.split('/').at(-1)!;
    const isProbe = hash.length === 32;
    response.on('close', () => journal.push(`${request.method} ${isProbe ? 'probe' : hash} ${response.statusCode}`));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      behavior(request, response, isProbe ? 'probe' : hash);
      if (request.method === 'PUT' && response.statusCode === 200) stored.set(hash, Buffer.concat(chunks).toString());
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server!.address() as AddressInfo).port}`, journal, stored };
}

const FAST = { idle: 400, total: 2_000 };

async function run(address: string, { readOnly = false, token = 'secret-token', command = ['node', '-e', NX] } = {}) {
  const notes: string[] = [];
  const result = path.join(folder, 'result');
  const exitCode = await runWithCache({
    command,
    readOnly,
    note: (line) => notes.push(line),
    env: { PATH: process.env.PATH, RESULT: result, NX_SELF_HOSTED_REMOTE_CACHE_SERVER: address, NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token },
    limits: { probe: FAST, use: FAST },
  }); // prettier-ignore
  const seen = fs.existsSync(result) ? (JSON.parse(fs.readFileSync(result, 'utf8')) as Record<string, unknown>) : {};
  return { exitCode, notes, seen };
}

/** A tar with an entry for each name, compressed, as Nx writes it. */
function entry(...names: string[]): Buffer {
  const blocks = names.map((name) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('00000000000\0', 124);
    header.write('        ', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return header;
  });
  return zlib.gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const answer =
  (status: number, body: string | Buffer = ''): Behavior =>
  (_, response) =>
    void response.writeHead(status).end(body);
/** A cache that has "one" and stores what it gets. */
const healthy = (one: Buffer): Behavior => (request, response, hash) =>
  answer(request.method === 'PUT' || hash === 'one' ? 200 : 404, hash === 'one' ? one : '')(request, response, hash); // prettier-ignore
const WHOLE = entry('dist/file', 'terminalOutput', 'code');

test('restores and stores through a cache that works, and does not give its token to the command', async () => {
  const { url, journal, stored } = await serve(healthy(WHOLE));
  const { exitCode, notes, seen } = await run(url);
  expect([exitCode, seen.got]).toEqual([0, [['one', WHOLE.length]]]);
  expect(journal).toEqual(['GET probe 404', 'GET one 200', 'GET two 404', 'PUT two 200']);
  expect([...stored]).toEqual([['two', 'built two']]);
  expect(notes).toEqual([`The cache ${new URL(url).host}: 1 restored, 1 not there, 1 stored.`]);
  expect(seen.server).not.toBe(url);
});

test('--read-only stores nothing', async () => {
  const { url, journal } = await serve(healthy(WHOLE));
  const { exitCode, notes } = await run(url, { readOnly: true });
  expect([exitCode, journal.filter((line) => line.startsWith('PUT'))]).toEqual([0, []]);
  expect(notes[0]).toContain('nothing stored (--read-only)');
});

test('a token that only reads is no fault', async () => {
  const { url } = await serve((request, response, hash) => answer(request.method === 'PUT' ? 403 : 404)(request, response, hash));
  const { exitCode, notes } = await run(url);
  expect([exitCode, notes]).toEqual([0, [expect.stringMatching(/0 restored, 2 not there, 0 stored/)]]);
});

describe('a broken cache never changes the exit code', () => {
  const afterProbe = (behavior: Behavior): Behavior => (request, response, hash) =>
    hash === 'probe' ? answer(404)(request, response, hash) : behavior(request, response, hash); // prettier-ignore

  test.each<[string, Behavior, RegExp]>([
    ['500', answer(500), /answered 500/],
    ['never', () => undefined, /did not answer in 0\.4 s/],
    ['a page for every address', answer(200, '<html>'), /no cache of Nx/],
    ['401', answer(401), /answered 401: its token is missing or wrong/],
    ['a redirect in a circle', (_, response) => void response.writeHead(302, { location: '/v1/cache/x' }).end(), /leads nowhere/],
    ['a connection that is cut', (_, response) => response.destroy(), /closed the connection/],
  ])('before the run: %s', async (_, behavior, what) => {
    const { url, journal } = await serve(behavior);
    const { exitCode, notes, seen } = await run(url);
    expect([exitCode, seen.skipped, notes]).toEqual([0, true, [expect.stringMatching(what)]]);
    expect(notes[0]).toMatch(/^The cache 127\.0\.0\.1:\d+ .*\. This run goes on without it\.$/);
    expect(journal.some((line) => / (?:one|two) /.test(line))).toBe(false);
  });

  test.each<[string, Behavior, RegExp]>([
    ['500 to GET', answer(500), /answered 500/],
    [
      '502 to PUT',
      (request, ...rest) => answer(request.method === 'PUT' ? 502 : 404)(request, ...rest),
      /answered 502 to an entry/,
    ],
    ['never', () => undefined, /did not answer in 0\.4 s/],
    ['one byte, and no more', (_, response) => void response.writeHead(200).write('x'), /did not answer/],
    [
      'an entry that is cut off',
      (_, response) => void response.writeHead(200, { 'content-length': 99 }).write('x', () => response.destroy()),
      /closed the connection/,
    ],
  ])('during the run: %s. It is not asked again', async (_, behavior, what) => {
    const { url, journal } = await serve(afterProbe(behavior));
    const { exitCode, notes, seen } = await run(url);
    expect([exitCode, seen.got, notes[0]]).toEqual([0, [], expect.stringMatching(what)]);
    expect([notes.length, journal.filter((line) => /(?:GET|PUT) two/.test(line))]).toEqual([2, []]);
  });

  test.each<[string, Buffer]>([
    ['a page', Buffer.from('<html>')],
    ['nothing', Buffer.alloc(0)],
    ['half of an entry', WHOLE.subarray(0, WHOLE.length / 2)],
    ['something else, compressed', zlib.gzipSync('{}')],
    ['an entry without its exit code', entry('dist/file', 'terminalOutput')],
    ['files outside of the workspace', entry('../../x', 'terminalOutput', 'code')],
  ])('%s as an entry is refused, and the others are restored', async (_, bytes) => {
    const { url, journal } = await serve((request, response, hash) =>
      answer(hash === 'probe' ? 404 : 200, hash === 'one' ? bytes : WHOLE)(request, response, hash),
    );
    const { exitCode, notes, seen } = await run(url);
    expect([exitCode, seen.got]).toEqual([0, [['two', WHOLE.length]]]);
    expect(notes).toEqual([expect.stringMatching(/1 restored, 0 not there, 1 stored, 1 refused/)]);
    expect(journal).toContain('PUT one 200');
  });

  test.each([
    ['http://127.0.0.1:1', /refused the connection/],
    ['cache.example.com', /is not the address of a server/],
    ['ftp://x', /is not the address of a server/],
    ['http://127.0.0.1:99999', /is not the address of a server/],
  ])('%s', async (address, what) => {
    const { exitCode, notes, seen } = await run(address);
    expect([exitCode, seen.skipped, notes]).toEqual([0, true, [expect.stringMatching(what)]]);
  });
});

test('no cache: the command runs as it is', async () => {
  expect(await run('')).toEqual({ exitCode: 0, notes: [], seen: { got: [], skipped: true } });
});

test('the exit code is that of the command; a signal is one too', async () => {
  const { url } = await serve(healthy(WHOLE));
  expect((await run(url, { command: ['sh', '-c', 'exit 7'] })).exitCode).toBe(7);
  expect((await run('', { command: ['sh', '-c', 'kill -TERM $$'] })).exitCode).toBe(143);
  const error = await run(url, { command: ['no-such-program'] }).catch((thrown: unknown) => thrown);
  expect((error as KdcubeError).problems[0]).toMatchObject({ code: 'command-failed', hint: expect.stringContaining('npm ci') });
});

test('a token or password never leaves for another host, and is never printed', async () => {
  const seen: (string | undefined)[] = [];
  const other = http.createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { url } = await serve((_, response) => void response.writeHead(307, { location: `http://127.0.0.1:${port}/x` }).end());
  const { notes } = await run(url.replace('//', '//user:pa55@'), { token: 'secret-token\n' });
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  expect([seen.length > 0, seen.every((each) => each === undefined)]).toEqual([true, true]);
  expect(notes.join()).not.toMatch(/secret-token|pa55/);
});

describe('arguments', () => {
  test.each<[string[], ReturnType<typeof readArguments>]>([
    [['nx', 'run-many', '--read-only'], { readOnly: false, command: ['nx', 'run-many', '--read-only'] }],
    [['--read-only', 'nx', '-h'], { readOnly: true, command: ['nx', '-h'] }],
    [['--read-only', '--', 'nx'], { readOnly: true, command: ['nx'] }],
    [['--help'], 'help'],
  ])('%j', (argv, expected) => expect(readArguments(argv)).toEqual(expected));

  test.each([[[]], [['--readonly', 'nx']], [['--']]])('%j is refused', (argv) => {
    expect(() => readArguments(argv)).toThrow(/\[wrong-option\]/);
  });

  it('the help names every option', () => expect(HELP).toContain('--read-only'));
});
