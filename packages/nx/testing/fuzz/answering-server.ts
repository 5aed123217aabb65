import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A server whose replies a test chooses for each input: by path, `/` for all others. */
export interface AnsweringServer {
  host: string;
  replies: Record<string, Reply>;
  /** The reply to a request with a token. */
  withToken?: Reply;
  close(): Promise<void>;
}

export async function answeringServer(): Promise<AnsweringServer> {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const { pathname } = new URL(request.url!, 'http://x');
      const token = request.headers.authorization?.startsWith('Bearer ') ? made.withToken : undefined;
      const { status = 200, headers = {}, body = '' } = token ?? made.replies[pathname] ?? made.replies['/'] ?? { status: 404 };
      const content = Buffer.from(body);
      response.writeHead(status, { ...headers, 'content-length': content.length });
      response.end(request.method === 'HEAD' ? undefined : content);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: AnsweringServer = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    replies: {},
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
  return made;
}
