import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BundleAnswers } from '../../../release/testing/rollouts/bundles';

/** What a request brought. */
interface SeenRequest {
  url: string;
  headers: http.IncomingHttpHeaders;
}

/** The stand-in for proc’s endpoint, over HTTP. */
export async function startBundles(answers: BundleAnswers, now: () => number = Date.now) {
  const seen: SeenRequest[] = [];
  let first: number | undefined;
  const server = http.createServer((request, response) => {
    seen.push({ url: request.url!, headers: request.headers });
    first ??= now();
    const answer = answers(seen.length, (now() - first) / 1000);
    if (answer === 'never') return;
    const { status = 200, body = '', type = 'application/json', location, process } = answer;
    response.writeHead(status, {
      'content-type': type,
      ...(location !== undefined && { location }),
      ...(process !== undefined && {
        'x-kdcube-proc-instance': process.split('/')[0],
        'x-kdcube-worker-pid': process.split('/')[1],
      }),
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/monitoring/applications`,
    seen,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
