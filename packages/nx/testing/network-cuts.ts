import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { onClose, serve } from './push-kit';

/** Which requests are cut, counted from 0. `cut`: they never arrive; `lost`: their answers do not. */
export interface Cut {
  how: 'cut' | 'lost';
  from: number;
  to: number;
}

/** A line to a registry that can be cut. `most`: bytes of a body, 413 above, as a proxy has it. */
export async function cutter(upstream: string, most = Infinity) {
  let cut: Cut | undefined;
  let count = 0;
  let sent: string[] = [];
  let first: string | undefined;
  const under = new Set<http.ClientRequest>();
  const host = await serve((request, response) => {
    const index = count;
    // Of this run, even if the answer comes in the next.
    const uploaded = sent;
    count += 1;
    if (index === cut?.from) first = `${request.method} ${request.url}`;
    const broken = cut !== undefined && index >= cut.from && index <= cut.to;
    // A dead line stays dead: what was lost once does not arrive later.
    const dead = broken && (cut!.how === 'cut' || index > cut!.from);
    if (dead) return void request.socket.destroy();
    if (Number(request.headers['content-length'] ?? 0) > most) return void response.writeHead(413).end();
    const [hostname, port] = upstream.split(':');
    const { method, url, headers } = request;
    const forward = http.request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      const digest = new URL(url!, 'http://x').searchParams.get('digest');
      if (method === 'PUT' && digest && answer.statusCode === 201) uploaded.push(digest);
      if (!broken) return void answer.pipe(response.writeHead(answer.statusCode!, answer.headers));
      answer.resume().on('end', () => request.socket.destroy());
    });
    under.add(forward);
    forward.on('error', () => request.socket.destroy());
    forward.on('close', () => under.delete(forward));
    // Half a request does not arrive as a whole one that is still on its way.
    request.on('close', () => request.complete || forward.destroy());
    request.pipe(forward);
  });
  return {
    host,
    count: () => count,
    /** The first request that was cut: its method and its path. */
    first: () => first,
    /** Digests of the blobs that were uploaded, sorted. */
    sent: () => [...sent].sort(),
    /** Waits for what is on its way, and counts from 0. */
    async restart(next?: Cut) {
      while (under.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      cut = next;
      count = 0;
      sent = [];
      first = undefined;
    },
  };
}

/** Debian's docker-registry: on the PATH, or where the test engine (tools/engine) put it. */
export function registryProgram(): string | undefined {
  const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const engine = process.env.KD_ENGINE_DIR || path.join(cache, 'kdcube-engine');
  const programs = ['docker-registry', path.join(engine, 'root/usr/bin/docker-registry')];
  return programs.find((program) => spawnSync(program, ['--version']).status === 0);
}

/** Runs it until the end of the test. Returns its host. */
export async function runRegistry(program: string): Promise<string> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const storage = { filesystem: { rootdirectory: path.join(dir, 'data') }, delete: { enabled: true } };
  const file = path.join(dir, 'config.yml');
  fs.writeFileSync(file, JSON.stringify({ version: 0.1, log: { level: 'error' }, storage, http: { addr: host } }));
  const child = spawn(program, ['serve', file], { stdio: 'ignore' });
  onClose(() => {
    child.kill();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  let ended: Error | undefined;
  child.on('error', (error) => (ended = error));
  child.on('exit', (code) => (ended ??= new Error(`${program} ended with exit code ${code}`)));
  const answers = () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await answers())) {
    if (ended) throw ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return host;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
