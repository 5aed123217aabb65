import { LIMITS, KdcubeError } from '@kdcube/release/internal';
import { callAws, type AwsConnection } from './client';
import { invalidResponse, isRecord, type Json } from './response';
import { endpointOf, signingRegion, type AwsService } from './services';
import { findElement, findText, parseXml, type XmlElement } from './xml';

/** Calls an AWS JSON 1.1 service. Problems `aws-*`. */
export async function callJson(aws: AwsConnection, service: AwsService, action: string, input: Json): Promise<Json> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${service.target}.${action}` };
  const text = await send(aws, service, action, { method: 'POST', headers, body: JSON.stringify(input) });
  return requireJson(text, `${service.name}:${action}`);
}

/** Reads from a REST service. Problems `aws-*`. */
export async function callRest(
  aws: AwsConnection,
  service: AwsService,
  action: string,
  path: string,
  query: Record<string, string> = {},
): Promise<Json> {
  const text = await send(aws, service, action, { method: 'GET', path, query, headers: {} });
  return requireJson(text, `${service.name}:${action}`);
}

/** Calls an AWS Query service. Returns the content of `<{action}Response>`. Problems `aws-*`. */
export async function callQuery(
  aws: AwsConnection,
  service: AwsService,
  action: string,
  input: Record<string, string>,
): Promise<XmlElement> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const body = new URLSearchParams({ Action: action, Version: service.version!, ...input }).toString();
  const text = await send(aws, service, action, { method: 'POST', headers, body });
  const response = findElement(await parseXml(text), `${action}Response`);
  if (response === undefined) throw invalidResponse(`${service.name}:${action}`);
  return response;
}

interface Request {
  method: 'GET' | 'POST';
  path?: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body?: string;
}

/** Sends a request, with the retries of the connection. Returns the body of a response with status 200. */
function send(aws: AwsConnection, service: AwsService, action: string, request: Request): Promise<string> {
  const name = `${service.name}:${action}`;
  return callAws(aws, name, async () => {
    const { response } = await aws.client.config.requestHandler.handle(await signRequest(aws, service, request));
    const { statusCode, headers, body } = response as Response;
    const clockSkewCorrected = aws.clock.observe?.(Date.parse(headers.date ?? '')) ?? false;
    const text = await readBody(body);
    if (statusCode === 200) return text;
    throw Object.assign(await errorOf(name, statusCode, text), {
      $metadata: { httpStatusCode: statusCode, clockSkewCorrected },
    });
  });
}

type SignedRequest = Parameters<AwsConnection['client']['config']['requestHandler']['handle']>[0];

/** Signs a request with Signature Version 4, by the credentials of the connection. */
export async function signRequest(
  aws: Pick<AwsConnection, 'client' | 'clock' | 'region'>,
  service: AwsService,
  { method, path, query = {}, headers, body }: Request,
): Promise<SignedRequest> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const { credentials, sha256 } = aws.client.config;
  const region = signingRegion(service, aws.region);
  const signer = new SignatureV4({ service: service.name, region, credentials, sha256, applyChecksum: false });
  const url = endpointOf(service, aws.region);
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: path ?? url.pathname,
    query,
    headers: { host: url.host, ...headers },
    body,
  };
  return (await signer.sign(request, { signingDate: new Date(aws.clock.now()) })) as SignedRequest;
}

interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: AsyncIterable<Buffer>;
}

const MAX_BODY = LIMITS.awsResponseBytes.max;

async function readBody(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error(`the response is larger than ${MAX_BODY / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function requireJson(text: string, action: string): Json {
  const json = parseJson(text);
  if (!json) throw invalidResponse(action);
  return json;
}

function parseJson(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** An error with the name and message that the SDK would give it. */
async function errorOf(action: string, status: number, text: string): Promise<Error> {
  const { code, message } = parseJsonError(text) ?? (await parseXmlError(text));
  const name = code.slice(code.lastIndexOf('#') + 1);
  if (name === '' && status < 500)
    throw new KdcubeError({
      code: 'aws-error',
      message: `AWS answered ${action} with status ${status} and no error code: a proxy may have answered instead.`,
    });
  return Object.assign(new Error(message || `HTTP ${status}`), { name: name || 'ServerException' });
}

interface ErrorBody {
  code: string;
  message: string;
}

function parseJsonError(text: string): ErrorBody | undefined {
  const json = parseJson(text);
  return json && { code: String(json.__type ?? json.ErrorCode ?? ''), message: String(json.message ?? json.Message ?? '') };
}

/** `<ErrorResponse><Error>…`, and of EC2 `<Response><Errors><Error>…`. */
async function parseXmlError(text: string): Promise<ErrorBody> {
  const xml = await parseXml(text);
  const error = findElement(xml, 'ErrorResponse', 'Error') ?? findElement(xml, 'Response', 'Errors', 'Error');
  return { code: findText(error, 'Code') ?? '', message: findText(error, 'Message') ?? '' };
}
