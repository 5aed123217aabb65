import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectAws, type AwsConnection } from './client';
import { EC2, EFS, LOGS, STS, type AwsService } from './services';
import { callJson, callQuery, callRest, signRequest } from './signed-request';
import { clearAwsVariables, restoreVariables } from '../../testing/aws-kit';

const env = { ...process.env };
let aws: AwsConnection;
let server: http.Server;
let requests: (http.IncomingMessage & { body?: string })[];
let respond: (response: http.ServerResponse) => void;

beforeEach(async () => {
  clearAwsVariables();
  process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const now = Date.parse('2015-08-30T12:36:00Z');
  aws = await connectAws('us-east-1', { now: () => now, sleep: async () => undefined });
  requests = [];
  server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    requests.push(Object.assign(request, { body: Buffer.concat(parts).toString() }));
    respond(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  aws.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  restoreVariables(env);
});

function useServer(answer: (response: http.ServerResponse) => void): void {
  respond = answer;
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const EXAMPLE: AwsService = { name: 'service', endpointId: 'SERVICE' };

/** From Amazon's test suite for Signature Version 4. */
it.each([
  ['post-vanilla', 'POST', {}, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    { Param2: 'value2', Param1: 'value1' },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
] as const)('signs %s', async (_, method, query, signature) => {
  process.env.AWS_ENDPOINT_URL_SERVICE = 'https://example.amazonaws.com';
  const { headers } = await signRequest(aws, EXAMPLE, { method, query, headers: {}, body: '' });
  expect(headers.authorization).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  );
});

it('signs for a session with its token', async () => {
  process.env.AWS_SESSION_TOKEN = 'token';
  const { headers } = await signRequest(aws, STS, { method: 'POST', headers: {}, body: '' });
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers.authorization).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});

it('sends what each protocol requires, and reads its response', async () => {
  useServer((response) => response.end('{"events": []}'));
  expect(await callJson(aws, LOGS, 'GetLogEvents', { limit: 1 })).toEqual({ events: [] });
  expect(await callRest(aws, EFS, 'DescribeFileSystems', '/2015-02-01/file-systems', { FileSystemId: 'fs-1 (a)' })).toEqual({
    events: [],
  });
  useServer((response) => response.end('<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>'));
  expect(await callQuery(aws, EC2, 'DescribeSubnets', { 'Filter.1.Name': 'subnet-id' })).toEqual({ subnetSet: '' });
  expect(requests.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
    'POST / {"limit":1}',
    'GET /2015-02-01/file-systems?FileSystemId=fs-1%20%28a%29 ',
    'POST / Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=subnet-id',
  ]);
  expect(requests[0]!.headers).toMatchObject({
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Logs_20140328.GetLogEvents',
  });
  expect(requests[2]!.headers['content-type']).toContain('urlencoded');
});

it.each([
  ['AWS JSON', 400, '{"__type": "x#ExpiredTokenException", "message": "over"}', 'aws-credentials', /expired: over/],
  ['REST', 400, '{"ErrorCode": "FileSystemNotFound", "Message": "no fs-1"}', 'aws-error', /\(FileSystemNotFound\): no fs-1/],
  ['Query', 403, xmlError('ErrorResponse', 'AccessDenied', 'no &lt;a&gt;'), 'aws-denied', /no <a>/],
  [
    'EC2',
    400,
    `<Response><Errors>${xmlError('', 'UnauthorizedOperation', 'no')}</Errors></Response>`,
    'aws-denied',
    /denies sts:GetCallerIdentity: no/,
  ],
  ['a page of a proxy', 403, '<html><Code>AccessDenied</Code></html>', 'aws-error', /status 403 and no error code/],
  ['an error with an entity', 403, `<!DOCTYPE a>${xmlError('ErrorResponse', 'x', 'y')}`, 'aws-error', /no error code/],
  ['a fault of AWS', 503, '', 'aws-unreachable', /HTTP 503/],
])('an error of %s', async (_, status, body, code, message) => {
  useServer((response) => response.writeHead(status).end(body));
  await expect(callQuery(aws, STS, 'GetCallerIdentity', {})).rejects.toMatchObject({
    problems: [{ code, message: expect.stringMatching(message) }],
  });
});

it('refuses a response of more than 4 MiB', async () => {
  useServer((response) => response.end(Buffer.alloc(5 * 1024 * 1024, ' ')));
  await expect(callJson(aws, LOGS, 'GetLogEvents', {})).rejects.toMatchObject({
    problems: [{ code: 'aws-error', message: expect.stringContaining('larger than 4 MiB') }],
  });
});

it('retries a response that ends early', async () => {
  useServer((response) => {
    if (requests.length > 1) response.end('{}');
    else response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy());
  });
  expect(await callJson(aws, LOGS, 'GetLogEvents', {})).toEqual({});
  expect(requests).toHaveLength(2);
});

function xmlError(root: string, code: string, message: string): string {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return root ? `<${root}>${error}</${root}>` : error;
}
