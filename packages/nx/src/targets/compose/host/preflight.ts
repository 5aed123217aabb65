import {
  applyCheck,
  type Check,
  type CheckResult,
  hostArchitecture,
  hostClock,
  hostCompose,
  hostDisk,
  hostFolder,
  hostPort,
  KdcubeError,
  type Problem,
} from '@kdcube/release/internal';
import { dockerProblem, dockerMissing } from './docker-problems';
import type { Host } from './host';

/** Room for two large images of the platform, unpacked. */
const NEEDED_BYTES = 4e9;

/** What a deploy needs of its host. */
export interface HostNeeds {
  /** compose.directory. */
  directory: string;
  /** Of compose: its own containers may have the ports. */
  project: string;
  /** Of the services: `amd64`. */
  architectures: readonly string[];
  /** Ports of the host that services publish. */
  ports: readonly { port: number; service: string }[];
}

/**
 * Checks a host before anything is written to it. Throws all failed checks as one error; returns the others, of which those that are `unknown` are worth a note.
 * Without a docker that answers, that is the only problem.
 */
export async function checkHost(host: Host, needs: HostNeeds, now: () => number = Date.now): Promise<CheckResult[]> {
  const startedAt = now();
  const facts = await readFacts(host, needs.directory);
  if (facts.docker !== 'yes') throw dockerMissing(host);
  // The clock is read at the start of the command.
  const skewSeconds = Number(facts.clock) - (startedAt + now()) / 2000;
  const [server, root, compose, containers] = await Promise.all([
    docker(host, ['version', '--format', '{{.Server.Arch}}']),
    docker(host, ['info', '--format', '{{.DockerRootDir}}']),
    host.run('docker', ['compose', 'version', '--short']),
    docker(host, ['ps', '--format', '{{.Names}}\t{{.Label "com.docker.compose.project"}}\t{{.Ports}}']),
  ]);
  const free = await host.run('df', ['-Pk', '--', root]);
  const problems: Problem[] = [];
  const results: CheckResult[] = [];
  const check = <Facts>(one: Check<Facts>, subject: string, what: Facts): void => {
    const result = applyCheck(one, subject, what);
    if (result.status !== 'fail') return void results.push(result);
    problems.push({ code: one.code, message: `The ${one.kind} ${subject} ${result.detail}.`, hint: result.hint });
  };
  check(hostCompose, host.name, { version: compose.exitCode === 0 ? compose.stdout.trim() : undefined });
  check(hostArchitecture, host.name, { actual: server, needed: needs.architectures });
  check(hostFolder, host.name, { folder: needs.directory, state: folderState(facts.folder) });
  check(hostDisk, host.name, { folder: root, freeBytes: freeBytes(free.stdout), neededBytes: NEEDED_BYTES });
  check(hostClock, host.name, { skewSeconds });
  const listening = listeningPorts(facts.listening ?? []);
  for (const { port, service } of needs.ports)
    check(hostPort, String(port), { service, usedBy: userOfPort(port, containers, needs.project, listening) });
  if (problems.length > 0) throw new KdcubeError(problems);
  return results;
}

async function docker(host: Host, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await host.run('docker', args);
  if (exitCode !== 0) throw dockerProblem(host, args, stderr);
  return stdout.trim();
}

interface HostFacts {
  docker?: string;
  clock?: string;
  folder?: string;
  listening?: string[];
}

async function readFacts(host: Host, directory: string): Promise<HostFacts> {
  const { stdout } = await host.run('sh', ['-c', FACTS, 'sh', directory]);
  const facts: HostFacts = {};
  for (const line of stdout.split('\n')) {
    const [, key, value = ''] = /^(docker|clock|folder) (.*)$/.exec(line) ?? [];
    if (key !== undefined) facts[key as 'docker' | 'clock' | 'folder'] = value;
    else if (line.includes(' 0A ')) (facts.listening ??= []).push(line);
  }
  return facts;
}

function folderState(text: string | undefined): 'writable' | 'read-only' | 'missing' {
  return text === 'writable' || text === 'read-only' ? text : 'missing';
}

// 0A is the state LISTEN.
const FACTS = `echo "clock $(date +%s)"
if command -v docker >/dev/null 2>&1; then echo 'docker yes'; else echo 'docker no'; fi
if [ ! -d "$1" ]; then echo 'folder missing'; elif [ -w "$1" ]; then echo 'folder writable'; else echo 'folder read-only'; fi
grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null
exit 0`;

/** `df -Pk`: the fourth column of the last line. */
function freeBytes(text: string): number | undefined {
  const kilobytes = Number(text.trimEnd().split('\n').at(-1)?.trim().split(/\s+/)[3]);
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined;
}

function listeningPorts(lines: readonly string[]): Set<number> {
  return new Set(
    lines.flatMap((line) => /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /.exec(line)?.[1] ?? []).map((hex) => parseInt(hex, 16)),
  );
}

/** `containers`: lines of name, project and `0.0.0.0:80->8080/tcp, [::]:80->8080/tcp`. */
function userOfPort(port: number, containers: string, project: string, listening: ReadonlySet<number>): string | undefined {
  const owner = containers
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, , ports = '']) => publishes(ports, port));
  if (owner) return owner[1] === project ? undefined : `the container ${owner[0]}`;
  return listening.has(port) ? 'another program' : undefined;
}

function publishes(ports: string, port: number): boolean {
  return [...ports.matchAll(/:(\d+)(?:-(\d+))?->/g)].some(([, from, to = from]) => port >= Number(from) && port <= Number(to));
}
