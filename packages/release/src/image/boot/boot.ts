import { BUNDLES_ROOT } from '../../release/release';

/**
 * The boot test starts an image and imports every bundle in it, as the platform does. This file has the command line and the request;
 * packages/nx/src/images/boot/boot.ts runs it, and report.ts parses the output.
 */
export interface BootEntry {
  id: string;
  /** Relative to /bundles, as the descriptor names it. */
  module: string;
}

/** The bundles of an image, as in the bundle descriptor. */
export function bootEntries(bundles: readonly { id: string; module: string }[]): BootEntry[] {
  return bundles.map(({ id, module }) => ({ id, module }));
}

export interface BootLimits {
  /** In the engine's format: `1g`, `512m`. */
  memory: string;
  /** The time limit of the start and of each import, in seconds. */
  timeout: number;
}

export interface BootRun {
  /** The container's name, by which it is removed. */
  name: string;
  /** The image's name in the engine's store. */
  reference: string;
  /** `linux/amd64` */
  platform: string;
  /** The Python interpreter in the image. */
  python: string;
  /** The Python source of the probe. */
  probe: string;
  memory: string;
}

/** Possible names of the interpreter, in the order in which they are tried. */
export const PYTHONS = ['python3', 'python'] as const;

/** The name prefix of boot test containers. */
export const BOOT_NAME = 'kdcube-boot-';

/** The size limit of each file that a bundle writes during its import, so that it cannot fill the disk. Bytes. */
const MAX_FILE_SIZE = 1024 ** 3;

/**
 * The arguments for docker or podman. The image's user, variables and working folder are unchanged; only the entrypoint is replaced. The
 * file system is writable, as in the platform: with --read-only, a bundle that writes a cache into its folder would fail only here.
 */
export function bootCommand({ name, reference, platform, python, probe, memory }: BootRun): string[] {
  return [
    'run',
    '--rm',
    '--interactive',
    '--pull=never',
    `--name=${name}`,
    `--platform=${platform}`,
    '--network=none',
    // A signal stops only the client; the container is removed by its name. Python as PID 1 ignores SIGTERM.
    '--sig-proxy=false',
    `--memory=${memory}`,
    // Equal to --memory: no swap.
    `--memory-swap=${memory}`,
    '--pids-limit=1024',
    `--ulimit=fsize=${MAX_FILE_SIZE}`,
    '--cap-drop=ALL',
    // If the image's user is root, it must be able to read files of the user that the image's entrypoint switches to.
    '--cap-add=DAC_OVERRIDE',
    '--security-opt=no-new-privileges',
    '--no-healthcheck',
    // The output is read from the attached client.
    '--log-driver=none',
    `--entrypoint=${python}`,
    reference,
    '-c',
    probe,
  ];
}

/** The probe's request: one line. Its standard input then stays open until the caller ends. `nonce` distinguishes its events from the output of bundles. */
export function bootRequest(nonce: string, entries: readonly BootEntry[], timeout: number): string {
  return `${JSON.stringify({ nonce, root: BUNDLES_ROOT, timeout, entries })}\n`;
}
