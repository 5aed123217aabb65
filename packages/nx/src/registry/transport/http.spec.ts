import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import * as net from 'node:net';
import { problemOf } from '../../../testing/push-kit';
import type { HttpRequest, Transport } from './types';
import { sendRequest } from './http';
import { proxyHint } from './connection-problem';
import { invalidResponse } from './problems';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, count: number) => void;

const servers: net.Server[] = [];
const sockets = new Set<Socket>();
let waits: number[];
let notices: string[];
let transport: Transport;

beforeEach(() => {
  waits = [];
  notices = [];
  transport = {
    agents: { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) },
    sleep: async (milliseconds) => void waits.push(milliseconds),
    onRetry: (text) => void notices.push(text),
    attempts: 4,
    timeouts: { connect: 5_000, idle: 5_000, total: 10_000 },
    allowsHttp: (host) => host.startsWith('127.0.0.1'),
    secrets: new Set(['hunter2']),
  };
});

afterEach(async () => {
  transport.agents.http.destroy();
  transport.agents.https.destroy();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen<S extends net.Server>(server: S): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of one function; `count` is the number of the request, from 1. */
async function serve(handler: Handler): Promise<string> {
  let count = 0;
  return listen(http.createServer((request, response) => handler(request, response, (count += 1))));
}

function get(host: string, more: Partial<HttpRequest> = {}) {
  return sendRequest(transport, {
    method: 'GET',
    url: new URL(`http://${host}/v2/x/manifests/1`),
    headers: {},
    maxBytes: 1000,
    ...more,
  });
}

describe('a retry', () => {
  it.each([429, 500, 502, 503, 504])('follows %d, with growing waits', async (status) => {
    const host = await serve((_, response, count) => response.writeHead(count < 4 ? status : 200).end(`${count}`));
    expect((await get(host)).body.toString()).toBe('4');
    expect(waits).toEqual([500, 1000, 2000]);
    expect(notices).toHaveLength(3);
    expect(notices[0]).toContain(`answered ${status}`);
  });

  it('ends after four attempts', async () => {
    let requests = 0;
    const host = await serve((_, response, count) => {
      requests = count;
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
    });
    const problem = await problemOf(get(host));
    expect(problem.code).toBe('registry-response');
    expect(problem.message).toContain('502 (a web page)');
    expect(requests).toBe(4);
  });

  it.each([400, 401, 403, 404, 405, 409])('does not follow %d', async (status) => {
    const host = await serve((_, response) => response.writeHead(status).end('why'));
    expect(await get(host)).toMatchObject({ status, body: Buffer.from('why') });
    expect(waits).toEqual([]);
  });

  it('waits as long as Retry-After says, in seconds or as a date', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    const values = ['7', date, 'soon'];
    const host = await serve((_, response, count) =>
      response.writeHead(count < 4 ? 429 : 200, { 'retry-after': values[count - 1] ?? '' }).end(),
    );
    expect((await get(host)).status).toBe(200);
    expect(waits[0]).toBe(7000);
    expect(waits[1]).toBeGreaterThan(20_000);
    expect(waits[1]).toBeLessThanOrEqual(30_000);
    expect(waits[2]).toBe(2000);
  });

  it('does not wait longer than a minute', async () => {
    const host = await serve((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    expect((await problemOf(get(host))).message).toContain('It asks to retry after 3600 s.');
    expect(waits).toEqual([]);
  });

  it('follows a cut connection', async () => {
    const host = await serve((request, response, count) => (count < 3 ? request.socket.destroy() : response.end('here')));
    expect((await get(host)).body.toString()).toBe('here');
  });

  it('follows a connection that died while it was idle, at once', async () => {
    const host = await serve((request, response, count) => (count === 2 ? request.socket.destroy() : response.end(`${count}`)));
    await get(host);
    expect((await get(host)).body.toString()).toBe('3');
    expect(waits).toEqual([]);
  });

  it('follows half a body', async () => {
    const host = await serve((_, response, count) => {
      if (count > 1) return void response.end('whole');
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    });
    expect((await get(host)).body.toString()).toBe('whole');
    expect(notices[0]).toContain('in the middle of a response');
  });

  it('follows a response that the caller rejects', async () => {
    const host = await serve((_, response, count) => response.end(`${count}`));
    const validate = ({ body }: { body: Buffer }) => {
      if (body.toString() !== '3') throw invalidResponse('Not three.');
    };
    expect((await get(host, { validate })).body.toString()).toBe('3');
    expect((await problemOf(get(host, { validate }))).message).toBe('Not three.');
  });

  it('sends the body again', async () => {
    const bodies: string[] = [];
    const host = await serve((request, response, count) => {
      request.on('data', (chunk) => bodies.push(String(chunk)));
      request.on('end', () => response.writeHead(count === 1 ? 500 : 201).end());
    });
    expect((await get(host, { method: 'PUT', body: Buffer.from('bytes') })).status).toBe(201);
    expect(bodies).toEqual(['bytes', 'bytes']);
  });
});

describe('what cannot be reached', () => {
  it('is reported at once, without a retry', async () => {
    const host = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()!.close(resolve));
    expect(await problemOf(get(host))).toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('the connection was refused'),
    });
    expect(waits).toEqual([]);
    expect((await problemOf(get('no-such-host.invalid'))).code).toBe('registry-unreachable');
  });

  it('cut every time', async () => {
    const host = await serve((request) => request.socket.destroy());
    expect(await problemOf(get(host))).toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('closed the connection'),
    });
    expect(waits).toHaveLength(3);
  });

  it('silent', async () => {
    transport.timeouts.idle = 50;
    const host = await serve(() => undefined);
    expect((await problemOf(get(host))).message).toContain('sent no data for too long');
  });

  it('a trickle without an end', async () => {
    transport.timeouts.total = 200;
    transport.attempts = 1;
    const host = await serve((_, response) => {
      response.write('x');
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    expect(await problemOf(get(host))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('did not finish'),
    });
  });

  it('not HTTP', async () => {
    const host = await listen(net.createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9\r\n')));
    expect(await problemOf(get(host))).toMatchObject({
      code: 'registry-response',
      message: expect.stringContaining('sent an invalid HTTP response'),
    });
  });

  it('not TLS', async () => {
    const host = await serve((_, response) => response.end());
    const problem = await problemOf(get(host, { url: new URL(`https://${host}/v2/`) }));
    expect(problem).toMatchObject({ code: 'registry-unreachable', hint: expect.stringContaining('KDCUBE_INSECURE_REGISTRIES') });
  });

  it('TLS with an unknown certificate authority', async () => {
    const host = await listen(https.createServer({ key: KEY, cert: CERTIFICATE }, (_, response) => void response.end()));
    const problem = await problemOf(get(host, { url: new URL(`https://${host}/v2/`) }));
    expect(problem).toMatchObject({ code: 'registry-unreachable', hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    transport.agents.https = new https.Agent({ ca: CERTIFICATE });
    expect((await get(host, { url: new URL(`https://${host}/v2/`) })).status).toBe(200);
  });
});

describe('sizes', () => {
  it('are bounded, stated or not', async () => {
    const stated = await serve((_, response) => response.writeHead(200, { 'content-length': '1001' }).end('x'.repeat(1001)));
    const endless = await serve((_, response) => {
      const more = () => response.destroyed || response.write('x'.repeat(600), more);
      more();
    });
    for (const host of [stated, endless]) {
      expect(await problemOf(get(host))).toMatchObject({
        code: 'registry-response',
        message: expect.stringContaining('more than 1000 bytes'),
      });
    }
    expect(waits).toEqual([]);
  });

  it('of failed answers are cut', async () => {
    const host = await serve((_, response) => {
      response.writeHead(404);
      const more = () => response.destroyed || response.write('x'.repeat(10_000), more);
      more();
    });
    const answer = await get(host);
    expect(answer.status).toBe(404);
    expect(answer.body.length).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('redirects', () => {
  it('drop credentials on another host, and do not take them up again', async () => {
    const seen: [string, string | undefined][] = [];
    let first = '';
    const other = await serve(({ url, headers }, response) => {
      seen.push([`other${url}`, headers.authorization]);
      response.writeHead(302, { location: `http://${first}/last` }).end();
    });
    first = await serve(({ url, headers }, response) => {
      seen.push([`first${url}`, headers.authorization]);
      if (url === '/last') return void response.end('done');
      response.writeHead(307, { location: url === '/near' ? `http://${other}/far` : '/near' }).end();
    });
    const answer = await get(first, { headers: { authorization: 'Bearer secret' } });
    expect(answer.body.toString()).toBe('done');
    expect(seen).toEqual([
      ['first/v2/x/manifests/1', 'Bearer secret'],
      ['first/near', 'Bearer secret'],
      ['other/far', undefined],
      ['first/last', undefined],
    ]);
  });

  it.each([
    [301, 'done'],
    [302, 'done'],
    [303, 'done'],
    [307, 'done'],
    [308, 'done'],
    [300, 'moved'],
    [305, 'moved'],
  ])('%d ends in %j', async (status, body) => {
    const host = await serve(({ url }, response) =>
      url === '/near' ? response.end('done') : response.writeHead(status, { location: '/near' }).end('moved'),
    );
    expect((await get(host)).body.toString()).toBe(body);
  });

  it.each([
    ['in circles', '/v2/x/manifests/1', 'more than 5 times'],
    ['to plain http on a host that may not have it', 'http://example.com/x', 'plain http'],
    ['to a file', 'file:///etc/passwd', 'an invalid URL'],
    ['to nonsense', 'http://[', 'an invalid URL'],
  ])('%s are refused', async (_, location, reason) => {
    const host = await serve((_request, response) => response.writeHead(302, { location }).end());
    const problem = await problemOf(get(host));
    expect(problem).toMatchObject({ code: 'registry-response', message: expect.stringContaining(reason) });
    expect(waits).toEqual([]);
  });

  it('never leave TLS', async () => {
    const host = await listen(
      https.createServer({ key: KEY, cert: CERTIFICATE }, (_, response) => {
        response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      }),
    );
    transport.agents.https = new https.Agent({ ca: CERTIFICATE });
    expect((await problemOf(get(host, { url: new URL(`https://${host}/`) }))).message).toContain('plain http');
  });

  it('of a write are the caller’s', async () => {
    const host = await serve((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect((await get(host, { method: 'PUT', body: 'x' })).status).toBe(307);
  });
});

it('prints no secret that a registry echoes', async () => {
  const host = await serve((_, response) => response.writeHead(500).end('hunter2 is wrong'));
  const problem = await problemOf(get(host));
  expect(problem.message).toContain('… is wrong');
  expect(notices.join()).not.toContain('hunter2');
});

/** Made for these tests. No certificate authority signed it. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3IdMm/CvnGYoaubl
SRtd8T5LYVIB/+L5Bq78UujrhxWhRANCAARsf2Ha+N2AHgmD4rjPKfToslPN8Rkn
pX8JULIVoHoaeHfa/QDoDKcjkqA8vjd5cVX7s4D128QWtYcI85WYplS7
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUR76+aWexk0fP5vQ/uoDgPwyoEmwwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMzE5MTQ1OFoYDzIxMjYxMDMw
MTkxNDU4WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARsf2Ha+N2AHgmD4rjPKfToslPN8RknpX8JULIVoHoaeHfa/QDoDKcj
kqA8vjd5cVX7s4D128QWtYcI85WYplS7o2QwYjAdBgNVHQ4EFgQULD1naAauXUYB
IPoRiwUsv6EarGkwHwYDVR0jBBgwFoAULD1naAauXUYBIPoRiwUsv6EarGkwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IF8zuwOl2zhdrvFF+AfNTlNeTZPpHLjOyt+KXq4CLWIxAiEAigFACP86t4JORAOD
ytveTmBkHiSF8VSrMIqWKDN8r8I=
-----END CERTIFICATE-----`;

it.each<[string, Record<string, string>, string, boolean]>([
  ['https://r.example/', { HTTPS_PROXY: 'http://proxy:3128' }, '20.19.0', true],
  ['https://r.example/', { https_proxy: 'http://proxy:3128' }, '24.4.0', true],
  ['https://r.example/', { HTTPS_PROXY: 'http://proxy:3128' }, '22.21.0', false],
  ['https://r.example/', { HTTPS_PROXY: 'http://proxy:3128' }, '25.0.0', false],
  ['https://r.example/', { HTTP_PROXY: 'http://proxy:3128' }, '20.19.0', false],
  ['https://r.example/', {}, '20.19.0', false],
])('says of a proxy that this Node does not know: %s %j on Node %s', (url, env, node, hint) => {
  expect(proxyHint(new URL(url), env, node) !== undefined).toBe(hint);
});
