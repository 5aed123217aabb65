import { KdcubeError, parseSshHost } from '@kdcube/release/internal';
import { hostFiles, type HostFiles } from './host-files';
import { sessionsOver } from './sessions';
import { openSsh, thisMachine } from './shells';
import type { HostRunOptions, HostTransport } from './transport';

/** The host of an environment that runs with docker compose. Every failure that is not the program's own is a Problem. */
export interface Host extends HostFiles {
  /** `this machine`, or the host as the environment writes it: `ssh://user@host`. */
  readonly name: string;
  /** Runs a program to its end, whatever its exit code. When this process stops, or the connection is cut, the program is stopped too. */
  run(
    program: string,
    args: readonly string[],
    options?: HostRunOptions,
  ): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** Runs a program and calls `onLine` with each line of its outputs; returns its exit code. No timeout by default. */
  follow(program: string, args: readonly string[], onLine: (line: string) => void, options?: HostRunOptions): Promise<number>;
  /** Ends the connection, and with it whatever still runs there for this process. */
  close(): Promise<void>;
}

/** Opens `compose.host` of an environment: a host that ssh reaches, or this machine. It is connected when this returns. */
export async function openHost(written: string | undefined): Promise<Host> {
  if (written === undefined) return hostOver(sessionsOver(thisMachine));
  const host = parseSshHost(written);
  // The rules of the environment have refused it before.
  if (!host) throw new KdcubeError({ code: 'wrong-value', message: 'compose.host is not a host for ssh.' });
  return hostOver(sessionsOver(await openSsh(host)));
}

/** Runs `work` with a host, and closes it in any case. */
export async function withHost<T>(host: string | undefined, work: (host: Host) => Promise<T>): Promise<T> {
  const opened = await openHost(host);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

function hostOver(transport: HostTransport): Host {
  return {
    name: transport.name,
    async run(program, args, options = {}) {
      const { stdout, ...rest } = await transport.capture({ program, args, ...options });
      return { ...rest, stdout: stdout.toString('utf8') };
    },
    follow: (program, args, onLine, options = {}) => transport.follow({ program, args, ...options }, onLine),
    ...hostFiles(transport),
    close: () => transport.close(),
  };
}
