import type { LogLine, LogTime, Service } from '@kdcube/release/internal';
import { dockerProblem } from './host/docker-problems';
import type { Host } from './host/host';

/** The most lines of a container without `follow`: they are sorted in memory. */
const MAX_LINES = 20_000;

/**
 * The lines of services on a host. Without `follow` sorted by time; with it as they come, until the containers have ended.
 * The compose file is not read: containers are found by their project.
 */
export async function readComposeLogs(
  host: Host,
  { project, services, since, follow }: { project: string; services: readonly Service[]; since: LogTime; follow: boolean },
  onLine: (line: LogLine) => void,
): Promise<void> {
  const names = new Map(services.map(({ serviceName, name }) => [serviceName, name]));
  const limit = follow ? ['--follow'] : ['--tail', String(MAX_LINES)];
  const args = [
    ...['compose', '--project-name', project, '--ansi', 'never', 'logs', '--no-color', '--timestamps'],
    ...['--since', since.kind === 'ago' ? `${since.seconds}s` : new Date(since.at).toISOString(), ...limit, ...names.keys()],
  ];
  // In another folder compose would read the compose file and the .env there.
  const lines: LogLine[] = [];
  const others: string[] = [];
  const exitCode = await host.follow(
    'docker',
    args,
    (text) => {
      const line = parseComposeLine(text, names);
      if (!line) others.push(text);
      else if (follow) onLine(line);
      else lines.push(line);
    },
    { cwd: '/' },
  );
  if (exitCode !== 0) throw dockerProblem(host, ['compose logs'], others.join('\n'));
  for (const line of lines.sort((a, b) => (a.time < b.time ? -1 : 1))) onLine(line);
}

/** `proc-1  | 2026-03-02T10:30:00.123456789Z text`. */
function parseComposeLine(text: string, names: ReadonlyMap<string, string>): LogLine | undefined {
  const [, container, time, message = ''] = /^(\S+) +\| (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))(?: (.*))?$/.exec(text) ?? [];
  if (container === undefined || time === undefined) return undefined;
  const [, serviceName = container, replica = container] = /^(.+)-(\d+)$/.exec(container) ?? [];
  return { service: names.get(serviceName) ?? names.get(container) ?? container, source: replica, time, text: message };
}
