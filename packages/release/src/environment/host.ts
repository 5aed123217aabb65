/** Where docker compose runs: a host that ssh reaches. Undefined in its place: this machine. */
export interface SshHost {
  /** Undefined: what the ssh configuration says. */
  user?: string;
  /** A name (also an alias of the ssh configuration) or an IP address. */
  host: string;
  port?: number;
}

const HOST_URL = /^ssh:\/\/(?:([^@/]*)@)?(\[[0-9A-Fa-f:.]+\]|[^:/@[\]]+)(?::(\d{1,5}))?\/?$/;
/** ssh takes what begins with `-` for an option. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Parses `ssh://user@host:port`; undefined for anything else. */
export function parseSshHost(text: string): SshHost | undefined {
  const [, user, written = '', portText] = HOST_URL.exec(text) ?? [];
  const isAddress = written.startsWith('[');
  const host = isAddress ? written.slice(1, -1) : written;
  const port = portText === undefined ? undefined : Number(portText);
  if (!isAddress && !NAME.test(host)) return undefined;
  if (user !== undefined && !NAME.test(user)) return undefined;
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { ...(user !== undefined && { user }), host, ...(port !== undefined && { port }) };
}

/** The host for messages, as it is written in the environment. */
export function shownSshHost({ user, host, port }: SshHost): string {
  return `ssh://${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`;
}
