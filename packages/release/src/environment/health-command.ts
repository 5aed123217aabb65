import type { HealthCheck } from './environment';

/** The command of a container's health check. Without a shell, so that a path is one argument. Not `localhost`, which may be ::1, where these programs do not listen. */
export function healthCommand({ path, port, tool, timeout }: HealthCheck): string[] {
  const url = `http://127.0.0.1${port === 80 ? '' : `:${port}`}${path}`;
  const commands = {
    curl: ['CMD', 'curl', '-sf', '-o', '/dev/null', url],
    wget: ['CMD', 'wget', '-q', '-O', '/dev/null', url],
    python: ['CMD', 'python', '-c', `import urllib.request as r; r.urlopen(${JSON.stringify(url)}, timeout=${timeout})`],
  };
  return commands[tool];
}
