import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '../transport/connect';
import { listTags } from './list-tags';

let server: http.Server;
let host: string;
let asked: string[];
let answer: (url: URL) => { status?: number; link?: string; body: unknown };

beforeEach(async () => {
  asked = [];
  server = http.createServer((request, response) => {
    asked.push(`${request.headers.host}${request.url}`);
    const { status = 200, link, body } = answer(new URL(request.url!, 'http://here'));
    response.writeHead(status, { ...(link !== undefined && { link }) }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const registry = () => connect(host, { credentials: async () => undefined, attempts: 1 });

/** Two pages; `to` is the link of the first one. */
function twoPages(to: string): void {
  answer = ({ searchParams }) =>
    searchParams.has('last') ? { body: { tags: ['c'] } } : { body: { tags: ['a', 'b'] }, link: `<${to}>; rel="next"` };
}

test.each([
  ['a path', '/v2/app/tags/list?last=b&n=1000'],
  ['its own address', 'http://HOST/v2/app/tags/list?last=b&n=1000'],
  ['another scheme, as behind a proxy', 'https://HOST/v2/app/tags/list?last=b&n=1000'],
  ['another host, which is not asked', 'http://elsewhere.example/v2/app/tags/list?last=b&n=1000'],
])('follows pages: %s', async (_, to) => {
  twoPages(to.replace('HOST', host));
  expect(await listTags(registry(), 'app')).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual([`${host}/v2/app/tags/list?n=1000`, `${host}/v2/app/tags/list?last=b&n=1000`]);
});

test('stops at a list that never ends', async () => {
  answer = () => ({ body: { tags: ['a'] }, link: '</v2/app/tags/list?last=a>; rel="next"' });
  expect(await listTags(registry(), 'app')).toHaveLength(1_000);
});

test('an empty repository, a missing one, and an invalid response', async () => {
  answer = () => ({ body: { tags: null } });
  expect(await listTags(registry(), 'app')).toEqual([]);
  answer = () => ({
    status: 404,
    body: { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] },
  });
  expect(await listTags(registry(), 'app')).toEqual([]);
  answer = () => ({ body: { tags: 'a' } });
  await expect(listTags(registry(), 'app')).rejects.toThrow('an invalid tag list for app');
});
