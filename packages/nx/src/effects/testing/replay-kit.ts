import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

interface Recorded {
  status: number;
  type: string;
  body: string;
}

export interface Replay {
  url: string;
  /** Actions that are refused, as IAM refuses them. */
  denied?: RegExp;
  /** Answers as Amazon documents them, of actions that moto does not know. */
  instead?: Record<string, string>;
  /** What was asked, by action. */
  asked: string[];
  close(): Promise<void>;
}

/**
 * AWS as it answered once: recorded from moto (PyPI), and replayed where there is no Python. `upstream`: the address of a moto that is asked, and whose answers are written down. What was
 * never recorded is an error of the test.
 */
export async function replay(file: string, upstream?: string): Promise<Replay> {
  const kept: Record<string, Recorded> =
    upstream === undefined ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Recorded>) : {};
  const state: Replay = { url: '', asked: [], close: async () => undefined };
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      void answer(request, body).then(({ status, type, body: text }) => {
        response.writeHead(status, { 'content-type': type });
        response.end(text);
      });
    });
  });

  async function answer(request: http.IncomingMessage, body: string): Promise<Recorded> {
    const target = request.headers['x-amz-target'] as string | undefined;
    const action = target?.split('.')[1] ?? new URLSearchParams(body).get('Action') ?? '';
    state.asked.push(action);
    if (state.denied?.test(action)) return refusal(target !== undefined);
    const documented = state.instead?.[action];
    if (documented !== undefined) return { status: 200, type: 'text/plain', body: documented };
    const key = `${action} ${body}`;
    const found = kept[key];
    if (found) return found;
    if (upstream === undefined)
      return { status: 400, type: 'application/json', body: JSON.stringify({ __type: 'NotRecorded', message: key }) };
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !/^(?:host|connection|content-length)$/.test(name)),
    );
    const said = await fetch(upstream, { method: 'POST', headers: headers as Record<string, string>, body });
    // What moto does not know, it answers with a fault of its own; then nobody may ask that here.
    const recorded =
      said.status >= 500
        ? refusal(target !== undefined)
        : { status: said.status, type: said.headers.get('content-type') ?? '', body: await said.text() };
    kept[key] = recorded;
    return recorded;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    if (upstream !== undefined) fs.writeFileSync(file, `${JSON.stringify(kept, null, 1)}\n`);
  };
  return state;
}

function refusal(json: boolean): Recorded {
  const message = 'User: arn:aws:iam::123456789012:user/ci is not authorized to perform this action';
  return json
    ? { status: 400, type: 'application/x-amz-json-1.1', body: JSON.stringify({ __type: 'AccessDeniedException', message }) }
    : {
        status: 403,
        type: 'text/xml',
        body: `<ErrorResponse><Error><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`,
      };
}
