import { createHash, createHmac } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { KdcubeError } from '@kdcube/release';
import { isRecord, unreadable } from './answer';
import { ask, type AwsConnection } from './client';
import { childOf, type Element, readXml } from './xml';

/** A call of another service of AWS, for which a whole SDK would be too much. */
export interface SignedCall {
  /** As IAM writes it: `logs:GetLogEvents`. */
  what: string;
  /** The first part of the host: `logs`, `sts`, `ssm`. */
  host: string;
  /** The name for the signature, where it is another. */
  signAs?: string;
  /** The id in AWS_ENDPOINT_URL_<ID>: `CLOUDWATCH_LOGS`. */
  endpoint: string;
  /** The whole host, where a service has one for all regions. */
  global?: string;
  /** AWS JSON 1.1: the operation with its prefix. */
  target?: string;
  /** JSON for `target`, else a form. */
  body?: Record<string, unknown>;
  /** A service that speaks REST: this path is read, with this query, and nothing is posted. */
  get?: { path: string; query?: Readonly<Record<string, string>> };
}

export interface Answer {
  json: Record<string, unknown>;
  text: string;
  /** The outermost element of an XML document. */
  xml?: Element;
}

/** Asks with Signature Version 4, by the credentials of the connection; Problems `aws-*`. The answer is JSON, or, to a form, an XML document. */
export async function askSigned(aws: AwsConnection, call: SignedCall): Promise<Answer> {
  return ask(aws, call.what, async () => {
    const url = endpointOf(call, aws.region);
    const method = call.get ? 'GET' : 'POST';
    const body = bodyOf(call);
    const credentials = await aws.client.config.credentials();
    const headers: Record<string, string> = {
      host: url.host,
      ...(!call.get && {
        'content-type':
          call.target === undefined ? 'application/x-www-form-urlencoded; charset=utf-8' : 'application/x-amz-json-1.1',
      }),
      ...(call.target !== undefined && { 'x-amz-target': call.target }),
      ...(credentials.sessionToken !== undefined && { 'x-amz-security-token': credentials.sessionToken }),
    };
    const signed = sign(
      { method, url, headers, body, region: aws.region, service: call.signAs ?? call.host, at: new Date(aws.clock.now()) },
      credentials,
    );
    const { status, text, date } = await send(method, url, signed, body);
    const clockSkewCorrected = aws.clock.heard?.(Date.parse(date)) ?? false;
    const json = parse(text);
    if (status === 200) return answerOf(call, text, json);
    throw Object.assign(answerError(call.what, status, text, json), {
      $metadata: { httpStatusCode: status, clockSkewCorrected },
    });
  });
}

function answerOf(call: SignedCall, text: string, json: Record<string, unknown> | undefined): Answer {
  const isForm = !call.get && call.target === undefined;
  const xml = isForm ? childOf(readXml(text), `${String(call.body?.Action)}Response`) : undefined;
  if (xml) return { json: {}, text, xml };
  if (isForm || !json) throw unreadable(call.what);
  return { json, text };
}

function bodyOf({ get, target, body = {} }: SignedCall): string {
  if (get) return '';
  return target === undefined ? new URLSearchParams(body as Record<string, string>).toString() : JSON.stringify(body);
}

function endpointOf(call: SignedCall, region: string): URL {
  const url = new URL(originOf(call, region));
  if (!call.get) return url;
  url.pathname = call.get.path;
  url.search = Object.entries(call.get.query ?? {})
    .map((pair) => pair.map(encoded).join('='))
    .sort()
    .join('&');
  return url;
}

function originOf({ host, endpoint, global }: SignedCall, region: string): string {
  const given = process.env[`AWS_ENDPOINT_URL_${endpoint}`] || process.env.AWS_ENDPOINT_URL;
  if (given) return given;
  if (global !== undefined) return `https://${global}/`;
  return `https://${host}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`;
}

/** As AWS wants a query to be written, in what is sent and in what is signed. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

interface ToSign {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: string;
  region: string;
  service: string;
  at: Date;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, for a query that is in order. */
export function sign(
  { method, url, headers, body, region, service, at }: ToSign,
  { accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string },
): Record<string, string> {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const all: Record<string, string> = { ...headers, 'x-amz-date': time };
  const names = Object.keys(all).sort();
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...names.map((name) => `${name}:${all[name]!.trim()}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (last, part) => hmac(last, part),
    `AWS4${secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  const credential = `Credential=${accessKeyId}/${scope}`;
  return { ...all, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

const LARGEST = 4 * 1024 * 1024;

function send(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; text: string; date: string }> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'http:' ? http : https;
    const asked = request(
      url,
      { method, headers: { ...headers, ...(body !== '' && { 'content-length': Buffer.byteLength(body) }) }, timeout: 30_000 },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > LARGEST) asked.destroy(new Error('The answer is longer than any should be.'));
          else parts.push(part);
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(parts).toString('utf8'),
            date: response.headers.date ?? '',
          }),
        );
        response.on('error', reject);
      },
    );
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('AWS did not answer in 30 s.'), { code: 'ETIMEDOUT' })));
    asked.on('error', reject);
    asked.end(body);
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** An error as the SDK would throw it. */
function answerError(what: string, status: number, text: string, json: Record<string, unknown> | undefined): Error {
  const name = json ? String(json.__type ?? json.ErrorCode ?? '') : (/<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '');
  const message = json ? String(json.message ?? json.Message ?? '') : (/<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '');
  const short = name.slice(name.lastIndexOf('#') + 1);
  if (short === '' && status < 500)
    throw new KdcubeError({
      code: 'aws-answer',
      message: `AWS answered ${what} with ${status} and no reason: a proxy may have answered instead.`,
    });
  return Object.assign(new Error(message || `HTTP ${status}`), { name: short || 'ServerException' });
}
