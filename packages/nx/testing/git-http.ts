import { execFileSync, spawn } from 'node:child_process';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { sandbox, type Sandbox } from './git-kit';

/** A smart git server over http on this machine. */
export interface GitServer {
  url: string;
  /** What was asked, such as `POST /repo/git-upload-pack fetch`. */
  requests: string[];
  close(): Promise<void>;
}

/** Serves the repositories below `root`. `authorization`: the only header value that is let in; without it everybody is. `status`: answers nothing but this. */
async function serveGit(root: string, options: { authorization?: string; status?: number } = {}): Promise<GitServer> {
  const backend = `${execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim()}/git-http-backend`;
  const requests: string[] = [];
  const server = http.createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const url = new URL(request.url!, 'http://localhost');
    const command = /command=([a-z-]+)/.exec(Buffer.concat(body).toString('latin1'))?.[1] ?? '';
    requests.push(`${request.method} ${url.pathname} ${command}`.trim());
    const isRefused = options.authorization !== undefined && request.headers.authorization !== options.authorization;
    if (options.status || isRefused) {
      response.writeHead(options.status ?? 401, { 'WWW-Authenticate': 'Basic realm="git"' });
      return void response.end();
    }
    const child = spawn(backend, {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_USER: 'a',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // A backend that refuses a request does not read it to its end.
    child.stdin.on('error', () => undefined);
    child.stdin.end(Buffer.concat(body));
    const answer: Buffer[] = [];
    for await (const chunk of child.stdout) answer.push(chunk as Buffer);
    const all = Buffer.concat(answer);
    const end = all.indexOf('\r\n\r\n');
    const headers = all
      .toString('latin1', 0, end)
      .split('\r\n')
      .map((line) => line.split(': ') as [string, string]);
    const status = headers.find(([name]) => name === 'Status');
    response.writeHead(
      status ? Number.parseInt(status[1], 10) : 200,
      Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
    );
    response.end(all.subarray(end + 4));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

export interface Served {
  box: Sandbox;
  /** A server that ends with the test. */
  serve: typeof serveGit;
}

/** For each test of a file a sandbox, and the servers that it starts. */
export function servedGit(): Served {
  const servers: GitServer[] = [];
  const serve: typeof serveGit = async (...args) => {
    const server = await serveGit(...args);
    servers.push(server);
    return server;
  };
  const at = { serve } as Served;
  beforeEach(() => (at.box = sandbox()));
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    at.box.end();
  });
  return at;
}
