import { KdcubeError, parseSshHost } from '@kdcube/release/internal';
import { hostFiles, type HostFiles } from './host-files';
import { sessionsOver } from './sessions';
import { openSsh, thisMachine } from './shells';

/** How a program is run on a host. Its arguments and variables are no place for a secret: those go through `stdin`. */
export interface HostRunOptions {
  stdin?: string | Uint8Array;
  /** An absolute folder of the host. */
  cwd?: string;
  /** Added to the environment that the user of the host has. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds. Default: 10 minutes; none for `follow`. */
  timeout?: number;
  /** It cleans up after another program, so it runs even while this process is being stopped. Default: no. */
  isCleanup?: boolean;
}

/** A program for a host, with its arguments as they are: no shell expands them. */
export interface HostCommand extends HostRunOptions {
  program: string;
  args: readonly string[];
}

export interface HostOutput {
  stdout: Buffer;
  stderr: string;
  exitCode: number;
}

/** How programs reach a host. A program that ends by itself is a result, whatever its exit code; everything else is a Problem. */
export interface HostTransport {
  name: string;
  capture(command: HostCommand): Promise<HostOutput>;
  /** `onLine` gets each line of both outputs. */
  follow(command: HostCommand, onLine: (line: string) => void): Promise<number>;
  close(): Promise<void>;
}

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
