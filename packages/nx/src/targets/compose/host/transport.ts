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
