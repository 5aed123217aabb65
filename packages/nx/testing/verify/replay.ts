import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ids } from './world';

interface RecordedResponse {
  status: number;
  type: string;
  body: string;
}

type Responses = Record<string, RecordedResponse>;

/** The responses of moto: of an account without faults, and for each fault those that differ. */
export interface Recording {
  ids: Ids;
  responses: Responses;
  faults: Record<string, Responses>;
}

/** A response body, or a function of the request body. */
export type FixedResponse = string | ((body: string) => string);

/** What is sent instead of a response. `empty`: only its root element, or lists of null. */
export type Malformed = 'denied' | 'throttled' | 'cut' | 'half' | 'empty' | { status: number; body: string };

export interface Replay {
  url: string;
  /** Actions that IAM denies. */
  denied?: RegExp;
  /** Documented responses of actions that moto does not implement. */
  fixedResponses?: Readonly<Record<string, FixedResponse>>;
  /** By action. */
  malformed?: Readonly<Record<string, Malformed>>;
  /** The fault whose responses are sent. */
  fault?: string;
  /** All actions that were called. */
  actions: string[];
  close(): Promise<void>;
}

/** Starts a server that sends the recorded responses of moto. `upstream`: the URL of a moto to forward requests to; its responses go into the recording. */
export async function replay(recording: Recording, upstream?: string): Promise<Replay> {
  const state: Replay = { url: '', actions: [], close: async () => undefined };
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      void respond(request, body).then((recorded) => {
        const malformed = state.malformed?.[actionOf(request, body)];
        const { status, type, body: text } = malformed === undefined ? recorded : malform(malformed, recorded);
        response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
        if (malformed !== 'cut') response.end(text);
        else response.write(text.slice(0, text.length / 2), () => response.destroy());
      });
    });
  });

  async function respond(request: http.IncomingMessage, body: string): Promise<RecordedResponse> {
    const isForm = /urlencoded/.test(request.headers['content-type'] ?? '');
    const action = actionOf(request, body);
    state.actions.push(action);
    if (state.denied?.test(action)) return errorResponse(isForm);
    const fixed = state.fixedResponses?.[action];
    if (fixed !== undefined) return { status: 200, type: 'text/plain', body: typeof fixed === 'string' ? fixed : fixed(body) };
    const key = `${action} ${request.method === 'GET' ? request.url : body}`;
    if (upstream !== undefined) return record(recording, state.fault, key, await forward(request, body, upstream, isForm));
    const found = recording.faults[state.fault ?? '']?.[key] ?? recording.responses[key];
    return found ?? { status: 400, type: 'application/json', body: JSON.stringify({ __type: 'NotRecorded', message: key }) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return state;
}

/** The name of the action; for EFS it follows from the path. */
function actionOf(request: http.IncomingMessage, body: string): string {
  const target = request.headers['x-amz-target'] as string | undefined;
  if (target !== undefined) return target.split('.')[1] ?? '';
  if (request.method !== 'GET') return new URLSearchParams(body).get('Action') ?? '';
  const [, , kind = '', , more] = new URL(request.url ?? '', 'http://localhost').pathname.split('/');
  const what = kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return more === undefined ? `Describe${what}` : 'DescribeMountTargetSecurityGroups';
}

async function forward(
  request: http.IncomingMessage,
  body: string,
  upstream: string,
  isForm: boolean,
): Promise<RecordedResponse> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !/^(?:host|connection|content-length)$/.test(name)),
  ) as Record<string, string>;
  const { method = 'POST', url = '/' } = request;
  const response = await fetch(new URL(url, upstream), { method, headers, ...(method !== 'GET' && { body }) });
  // moto fails with 500 for actions that it does not implement.
  if (response.status >= 500) return errorResponse(isForm);
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    body: withoutVolatileValues(await response.text()),
  };
}

/** Replaces request ids and times, which differ in every recording. */
function withoutVolatileValues(text: string): string {
  return text
    .replace(/(<requestId>|<RequestId>)[^<]*/g, '$1none')
    .replace(/"([A-Za-z]*(?:Date|Time|Timestamp|At|created))": *\d[\d.]*/g, '"$1": 1767225600')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+(?=Z?\b)/g, '2026-01-01T00:00:00');
}

function record(
  { responses, faults }: Recording,
  fault: string | undefined,
  key: string,
  response: RecordedResponse,
): RecordedResponse {
  if (fault === undefined) responses[key] = response;
  else if (JSON.stringify(responses[key]) !== JSON.stringify(response)) (faults[fault] ??= {})[key] = response;
  return response;
}

function malform(malformed: Malformed, response: RecordedResponse): RecordedResponse {
  const isXml = response.body.startsWith('<');
  if (typeof malformed === 'object') return { ...response, ...malformed };
  if (malformed === 'denied') return errorResponse(isXml);
  if (malformed === 'throttled') return errorResponse(isXml, 'Throttling', 'Rate exceeded');
  if (malformed === 'half') return { ...response, body: response.body.slice(0, response.body.length / 2) };
  return malformed === 'empty' ? { ...response, body: withoutContent(response.body, isXml) } : response;
}

function withoutContent(body: string, isXml: boolean): string {
  if (isXml) {
    const root = /<(\w+Response)/.exec(body)?.[1];
    return `<${root}></${root}>`;
  }
  const response = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.keys(response).map((name) => [name, [null]])));
}

const DENIED = 'User: arn:aws:iam::123456789012:user/ci is not authorized to perform this action';

function errorResponse(isForm: boolean, code = 'AccessDenied', message = DENIED): RecordedResponse {
  return isForm
    ? {
        status: 403,
        type: 'text/xml',
        body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      }
    : { status: 400, type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: `${code}Exception`, message }) };
}
