import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ids } from './world';

interface Recorded {
  status: number;
  type: string;
  body: string;
}

type Answers = Record<string, Recorded>;

/** What moto answered: to a world in which all is right, and for each fault what it answers otherwise. */
export interface Recording {
  ids: Ids;
  answers: Answers;
  faults: Record<string, Answers>;
}

/** An answer, or what it is for what was sent. */
export type Documented = string | ((body: string) => string);

/** What arrives instead of an answer. `empty`: with nothing in it but its outermost element, or lists of nothing. */
export type Garbled = 'denied' | 'throttled' | 'cut' | 'half' | 'empty' | { status: number; body: string };

export interface Replay {
  url: string;
  /** Actions that are refused, as IAM refuses them. */
  denied?: RegExp;
  /** Answers as Amazon documents them, of actions that moto does not know. */
  instead?: Readonly<Record<string, Documented>>;
  /** By action. */
  garbled?: Readonly<Record<string, Garbled>>;
  /** The fault whose answers are given; undefined: all is right. */
  fault?: string;
  /** What was asked, by action. */
  asked: string[];
  close(): Promise<void>;
}

/**
 * AWS, as moto plays it or once played it. `upstream`: the address of a moto that is asked, and whose answers go into the recording. What was never recorded is an error of the test.
 */
export async function replay(recording: Recording, upstream?: string): Promise<Replay> {
  const state: Replay = { url: '', asked: [], close: async () => undefined };
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      void answer(request, body).then((said) => {
        const garbled = state.garbled?.[actionOf(request, body)];
        const { status, type, body: text } = garbled === undefined ? said : garble(garbled, said);
        response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
        if (garbled !== 'cut') response.end(text);
        else response.write(text.slice(0, text.length / 2), () => response.destroy());
      });
    });
  });

  async function answer(request: http.IncomingMessage, body: string): Promise<Recorded> {
    const isForm = /urlencoded/.test(request.headers['content-type'] ?? '');
    const action = actionOf(request, body);
    state.asked.push(action);
    if (state.denied?.test(action)) return refusal(isForm);
    const documented = state.instead?.[action];
    if (documented !== undefined)
      return { status: 200, type: 'text/plain', body: typeof documented === 'string' ? documented : documented(body) };
    const key = `${action} ${request.method === 'GET' ? request.url : body}`;
    if (upstream !== undefined) return record(recording, state.fault, key, await pass(request, body, upstream, isForm));
    const found = recording.faults[state.fault ?? '']?.[key] ?? recording.answers[key];
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

/** The action as IAM names it: EFS says it by its path. */
function actionOf(request: http.IncomingMessage, body: string): string {
  const target = request.headers['x-amz-target'] as string | undefined;
  if (target !== undefined) return target.split('.')[1] ?? '';
  if (request.method !== 'GET') return new URLSearchParams(body).get('Action') ?? '';
  const [, , kind = '', , more] = new URL(request.url ?? '', 'http://localhost').pathname.split('/');
  const what = kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return more === undefined ? `Describe${what}` : 'DescribeMountTargetSecurityGroups';
}

async function pass(request: http.IncomingMessage, body: string, upstream: string, isForm: boolean): Promise<Recorded> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !/^(?:host|connection|content-length)$/.test(name)),
  ) as Record<string, string>;
  const { method = 'POST', url = '/' } = request;
  const said = await fetch(new URL(url, upstream), { method, headers, ...(method !== 'GET' && { body }) });
  // What moto does not know, it answers with a fault of its own; then nobody may ask that here.
  if (said.status >= 500) return refusal(isForm);
  return { status: said.status, type: said.headers.get('content-type') ?? '', body: settled(await said.text()) };
}

/** What is another in every recording, and nobody reads: request ids and times. */
function settled(text: string): string {
  return text
    .replace(/(<requestId>|<RequestId>)[^<]*/g, '$1none')
    .replace(/"([A-Za-z]*(?:Date|Time|Timestamp|At|created))": *\d[\d.]*/g, '"$1": 1767225600')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+(?=Z?\b)/g, '2026-01-01T00:00:00');
}

function record({ answers, faults }: Recording, fault: string | undefined, key: string, said: Recorded): Recorded {
  if (fault === undefined) answers[key] = said;
  else if (JSON.stringify(answers[key]) !== JSON.stringify(said)) (faults[fault] ??= {})[key] = said;
  return said;
}

function garble(garbled: Garbled, said: Recorded): Recorded {
  const isXml = said.body.startsWith('<');
  if (typeof garbled === 'object') return { ...said, ...garbled };
  if (garbled === 'denied') return refusal(isXml);
  if (garbled === 'throttled') return refusal(isXml, 'Throttling', 'Rate exceeded');
  if (garbled === 'half') return { ...said, body: said.body.slice(0, said.body.length / 2) };
  return garbled === 'empty' ? { ...said, body: emptied(said.body, isXml) } : said;
}

function emptied(body: string, isXml: boolean): string {
  if (isXml) {
    const root = /<(\w+Response)/.exec(body)?.[1];
    return `<${root}></${root}>`;
  }
  const answer = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.keys(answer).map((name) => [name, [null]])));
}

const DENIED = 'User: arn:aws:iam::123456789012:user/ci is not authorized to perform this action';

function refusal(isForm: boolean, code = 'AccessDenied', message = DENIED): Recorded {
  return isForm
    ? {
        status: 403,
        type: 'text/xml',
        body: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      }
    : { status: 400, type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: `${code}Exception`, message }) };
}
