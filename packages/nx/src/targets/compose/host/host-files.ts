import { KdcubeError } from '@kdcube/release/internal';
import { tail } from '../../../system/programs/exec';
import type { HostOutput, HostTransport } from './transport';
import { diskFull, isDiskFull } from './host-problems';

/** Files of a host, by their absolute path. */
export interface HostFiles {
  /** The content of a file; undefined if it does not exist. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Replaces a file at once: a reader sees the old content or the new one. Missing folders are made. */
  writeFile(path: string, bytes: string | Uint8Array, mode: number): Promise<void>;
  /** Removes a file, or a folder with everything in it, if it exists. */
  remove(path: string): Promise<void>;
  /** The names in a folder; none if it does not exist. */
  list(folder: string): Promise<string[]>;
}

/** By programs that every POSIX host has, so that all hosts behave alike. */
export function hostFiles(transport: Pick<HostTransport, 'name' | 'capture'>): HostFiles {
  const run = (script: string, args: readonly string[], stdin?: string | Uint8Array) =>
    transport.capture({ program: 'sh', args: ['-c', script, 'sh', ...args], ...(stdin !== undefined && { stdin }) });
  const must = async (doing: string, path: string, attempt: Promise<HostOutput>): Promise<Buffer> => {
    const { exitCode, stderr, stdout } = await attempt;
    if (exitCode === 0) return stdout;
    if (isDiskFull(stderr)) throw diskFull(transport.name, `${path} cannot be ${doing}`);
    const isDenied = /permission denied|operation not permitted|read-only file system/i.test(stderr);
    throw new KdcubeError({
      code: isDenied ? 'host-denied' : 'file-error',
      message: `${path} cannot be ${doing} on ${transport.name}: ${tail(stderr, 2) || `exit code ${exitCode}`}`,
    });
  };
  return {
    async readFile(path) {
      const result = await run(READ, [checked(path)]);
      return result.exitCode !== 0 && result.stderr.includes('No such file or directory')
        ? undefined
        : must('read', path, Promise.resolve(result));
    },
    async writeFile(path, bytes, mode) {
      const args = [checked(path), mode.toString(8).padStart(4, '0'), String(Buffer.byteLength(bytes))];
      await must('written', path, run(WRITE, args, bytes));
    },
    async remove(path) {
      await must('removed', path, run('exec rm -rf -- "$1"', [checked(path)]));
    },
    async list(folder) {
      const names = await must('listed', folder, run(LIST, [checked(folder)]));
      return names.toString('utf8').split('\0').filter(Boolean).sort();
    },
  };
}

/** Only paths that mean the same to every program, and never the root folder. */
function checked(path: string): string {
  const parts = path.split('/').slice(1);
  const isSafe =
    path.startsWith('/') && !/[\0\n]/.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (isSafe) return path;
  throw new KdcubeError({ code: 'unsafe-path', message: `${JSON.stringify(path)} is not an absolute path of a file or folder.` });
}

// Reading a FIFO would wait for a writer.
const READ = `if [ -e "$1" ] && [ ! -f "$1" ]; then echo 'it is not a file' >&2; exit 1; fi
exec cat -- "$1"`;

// The size tells a whole input from one that was cut off.
const WRITE = `set -eu
file=$1 mode=$2 size=$3
dir=\${file%/*} new=\${file%/*}/.\${file##*/}.kdcube-new
if [ -d "$file" ]; then echo 'it is a folder' >&2; exit 1; fi
case $mode in *00) umask 077 ;; *) umask 022 ;; esac
mkdir -p -- "\${dir:-/}"
umask 077
rm -f -- "$new"
trap 'rm -f -- "$new"' EXIT
trap '' PIPE
trap 'exit 143' HUP INT TERM
set -C
cat >"$new"
[ "$(wc -c <"$new")" -eq "$size" ] || { echo 'the input was cut off' >&2; exit 1; }
chmod -- "$mode" "$new"
sync -- "$new" 2>/dev/null || sync
mv -f -- "$new" "$file"
sync -- "\${dir:-/}" 2>/dev/null || sync`;

const LIST = `[ -e "$1" ] || exit 0
cd -- "$1" || exit 1
for name in * .[!.]* ..?*; do
  if [ -e "$name" ] || [ -L "$name" ]; then printf '%s\\0' "$name"; fi
done`;
