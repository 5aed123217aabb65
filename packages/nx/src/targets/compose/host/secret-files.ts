import { KdcubeError } from '@kdcube/release/internal';
import type { Host } from './host';

/**
 * A keyed hash of each secret file of the host, by its path: it changes with the content, and tells nothing about it. The host makes it, with a key that stays there (`keyFile`);
 * neither the content nor the key leaves the host or appears in a list of arguments. Problem `secret-unreadable` for files that are missing, unreadable, or open to others.
 */
export async function stampSecretFiles(host: Host, keyFile: string, files: readonly string[]): Promise<Map<string, string>> {
  if (files.length === 0) return new Map();
  const { stdout, stderr, exitCode } = await host.run('sh', ['-c', STAMP_FILES, 'sh', keyFile, ...files]);
  if (exitCode !== 0) throw stampFailed(host, stderr);
  const results = stdout.split('\n').slice(0, files.length);
  const problems = files.flatMap((file, index) => fileProblem(host, file, results[index] ?? ''));
  if (problems.length > 0) throw new KdcubeError(problems);
  return new Map(files.map((file, index) => [file, stampIn(host, results[index]!)]));
}

/** Which of these variables an env file of the host sets. The host answers: no line of the file leaves it. */
export async function variablesSetIn(host: Host, file: string, names: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await host.run('sh', ['-c', FIND_VARIABLES, 'sh', file, ...names]);
  if (exitCode !== 0) throw stampFailed(host, stderr);
  const found = stdout.split('\n');
  return names.filter((name) => found.includes(name));
}

/** The stamp that a file with this content would have. */
export async function stampSecret(host: Host, keyFile: string, content: string): Promise<string> {
  const { stdout, stderr, exitCode } = await host.run('sh', ['-c', STAMP_INPUT, 'sh', keyFile], { stdin: content });
  if (exitCode !== 0) throw stampFailed(host, stderr);
  return stampIn(host, stdout.trim());
}

function stampIn(host: Host, text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw stampFailed(host, 'sha256sum wrote something else than a hash');
}

function stampFailed(host: Host, reason: string): KdcubeError {
  return new KdcubeError({
    code: 'command-failed',
    message: `${host.name} cannot make the keyed hash of secret files: ${reason.trim().split('\n').at(-1)}`,
    hint: 'the user of the host needs sha256sum, and must be able to write compose.directory',
  });
}

function fileProblem(host: Host, file: string, result: string): { code: 'secret-unreadable'; message: string; hint: string }[] {
  const problem = (what: string, hint: string) => [
    { code: 'secret-unreadable' as const, message: `The secret file ${file} ${what} on ${host.name}.`, hint },
  ];
  if (result === 'missing') return problem('does not exist', 'write it there, with mode 600 and the deploy’s user as its owner');
  if (result === 'unreadable') return problem('cannot be read by the deploy’s user', `chown <user> ${file}`);
  if (result === 'not-a-file') return problem('is not a file', 'a reference names one file: file:/etc/kdcube/secrets/proc.env');
  const mode = /^mode (\S+)$/.exec(result)?.[1];
  return mode === undefined ? [] : problem(`has the mode ${mode}, which lets other users read it`, `chmod 600 ${file}`);
}

/**
 * HMAC’s construction with two independent keys: hash(outer key, hash(inner key, content)). The shell’s own printf and cat pass the keys, so that none is an argument.
 */
const STAMP = `set -u
export LC_ALL=C
key=$1; shift
hash() { if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c1-64; }
if [ ! -s "$key" ]; then
  mkdir -p -- "\${key%/*}" || exit 1
  new=$key.$$
  (umask 077; head -c 128 /dev/urandom >"$new") || exit 1
  ln -- "$new" "$key" 2>/dev/null
  rm -f -- "$new"
fi
[ "$(wc -c <"$key")" -eq 128 ] || { echo "the key $key is damaged: remove it" >&2; exit 1; }
stamp() {
  inner=$({ head -c 64 "$key"; cat; } | hash)
  { tail -c 64 "$key"; printf %s "$inner"; } | hash
}
`;

const STAMP_INPUT = `${STAMP}stamp`;

const FIND_VARIABLES = `file=$1; shift
for name; do
  if grep -Eq "^[[:space:]]*(export[[:space:]]+)?$name[[:space:]]*[=:]" -- "$file"; then printf '%s\\n' "$name"; fi
done`;

const STAMP_FILES = `${STAMP}for file; do
  if [ ! -e "$file" ]; then echo missing
  elif [ ! -f "$file" ]; then echo not-a-file
  elif [ ! -r "$file" ]; then echo unreadable
  else
    mode=$(stat -L -c %a -- "$file" 2>/dev/null || stat -L -f %Lp -- "$file")
    case $mode in
      *[0-7][0-7]0) stamp <"$file" ;;
      *) echo "mode $mode" ;;
    esac
  fi
done`;
