import { BUNDLES_ROOT } from '../../release/release';

/**
 * The boot test: the image is started, and every bundle in it is imported as the platform would do it. What is imported, and how the engine is told to, is
 * decided here; who runs it is packages/nx/src/images/boot/boot.ts, and what it says is read in report.ts.
 */
export interface BootEntry {
  id: string;
  /** Relative to /bundles, as the descriptor names it. */
  module: string;
}

/** The bundles of an image, as their descriptor entries say them. */
export function bootEntries(bundles: readonly { id: string; module: string }[]): BootEntry[] {
  return bundles.map(({ id, module }) => ({ id, module }));
}

export interface BootLimits {
  /** As engines write it: 1g, 512m. */
  memory: string;
  /** Seconds that the start may take, and each bundle after it. */
  timeout: number;
}

export interface BootRun {
  /** The container's name: by it, it is ended and removed. */
  name: string;
  /** The image, as the engine's store knows it. */
  reference: string;
  /** `linux/amd64` */
  platform: string;
  /** The program in the image that runs the probe. */
  python: string;
  /** The probe's text. */
  probe: string;
  memory: string;
}

/** What an image may have its interpreter called, in the order in which they are tried. */
export const PYTHONS = ['python3', 'python'] as const;

/** Every container of a boot test has this in its name. */
export const BOOT_NAME = 'kdcube-boot-';

/** A file of more bytes than this is not written: whatever a bundle does at import, the disk of this machine stays usable. */
const LARGEST_FILE = 1024 ** 3;

/**
 * The arguments for docker or podman. The image keeps its user, its variables and its working folder; only the program is another one. Its files can be written
 * as in the platform, and go with the container: with --read-only, a bundle that keeps a cache beside itself would fail here and nowhere else.
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
    // A signal ends the client at once, and the container is removed by its name: python as the first process of one hears no SIGTERM.
    '--sig-proxy=false',
    `--memory=${memory}`,
    // As much as --memory: nothing is left to swap.
    `--memory-swap=${memory}`,
    '--pids-limit=1024',
    `--ulimit=fsize=${LARGEST_FILE}`,
    '--cap-drop=ALL',
    // Where the image's user is root, files of the user that its entrypoint would change to stay readable.
    '--cap-add=DAC_OVERRIDE',
    '--security-opt=no-new-privileges',
    '--no-healthcheck',
    // What bundles print is read by us and kept nowhere else.
    '--log-driver=none',
    `--entrypoint=${python}`,
    reference,
    '-c',
    probe,
  ];
}

/** What the probe reads on its standard input. `nonce` tells its events from what bundles print. */
export function bootRequest(nonce: string, entries: readonly BootEntry[], timeout: number): string {
  return JSON.stringify({ nonce, root: BUNDLES_ROOT, timeout, entries });
}
