import { KdcubeError } from '@kdcube/release/internal';
import type { Log } from '../../../system/log';
import type { Host } from './host';
import { hold } from './hold';

export interface HostLockOptions {
  /** The file that is the lock: an absolute path of the host. */
  file: string;
  /** Who deploys, for people who wait: `alice@laptop`. */
  who: string;
  release: string;
  log: Pick<Log, 'note'>;
}

/**
 * Locks an environment on its host. A session on the host holds the lock: it is renewed there, and removed when this process ends in any way or the connection is cut.
 * What is left after a restart of the host is taken over with a note. Problem `deploy-in-progress` if another deploy holds it.
 */
export async function lockHost(host: Host, { file, who, release, log }: HostLockOptions): Promise<{ release(): Promise<void> }> {
  const session = await hold(host, LOCK, [file], `${oneLine(who)}\n${oneLine(release)}\n`);
  if (!session.isOpen()) throw lockProblem(host, file, session.lines);
  const [, staleWho, staleRelease, staleSince] = /^stale\t(.*)\t(.*)\t(.*)$/m.exec(session.lines.join('\n')) ?? [];
  if (staleWho !== undefined)
    log.note(`took over the lock of ${staleWho}, who deployed ${staleRelease} since ${staleSince}: that session has ended`);
  return {
    async release() {
      if (!session.isOpen())
        return log.note(`the lock on ${host.name} ended with its session: another deploy may have started since`);
      // The session that holds it sees that it is gone, and ends. After a cut it removes the lock itself: how the deploy ended does not change.
      await host.run('rm', ['-f', '--', file], { isCleanup: true }).catch((error: unknown) => {
        if (!(error instanceof KdcubeError)) throw error;
        log.note(`the lock ${file} is left to its session on ${host.name}: ${error.problems[0]!.message}`);
      });
    },
  };
}

function oneLine(text: string): string {
  return text.replace(/[\s\0]+/g, ' ').trim() || 'unknown';
}

function lockProblem(host: Host, file: string, lines: readonly string[]): KdcubeError {
  const [, who, release, since, age, pid] = /^held\t(.*)\t(.*)\t(.*)\t(\d*)\t(\d+)$/m.exec(lines.join('\n')) ?? [];
  if (who === undefined)
    return new KdcubeError({
      code: 'host-denied',
      message: `The lock ${file} cannot be made on ${host.name}: ${lines.at(-1) ?? 'no reason given'}`,
      hint: 'the user of the host must be able to write that folder',
    });
  return new KdcubeError({
    code: 'deploy-in-progress',
    message: `${who} deploys ${release} on ${host.name} since ${since}, and holds the lock (renewed ${age} s ago).`,
    hint: `wait until that deploy has ended; if it is dead and its session hangs, on the host: kill ${pid}    which removes the lock ${file}`,
  });
}

/**
 * The lock is a hard link, so it appears with its content at once. Its owner is a process of the host: with the time at which it started and the boot of the host,
 * nobody else is taken for it.
 */
const LOCK = `set -u
file=$1 own=$1.$$ claim=
identity() {
  printf '%s %s' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" \\
    "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20 | grep . || ps -o lstart= -p "$1" 2>/dev/null)"
}
field() { printf '%s\\n' "$seen" | sed -n "$1p"; }
mkdir -p -- "\${file%/*}" || exit 1
trap 'for each in "$file" "$claim"; do cmp -s "$own" "$each" && rm -f -- "$each"; done; rm -f -- "$own" "$own.new"' EXIT
trap '' PIPE
trap 'exit 143' HUP INT TERM
read -r who; read -r release
rm -f -- "$own"
printf '%s\\n' "$$" "$(identity "$$")" "$who" "$release" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$own" || exit 1
until ln -- "$own" "$file" 2>/dev/null; do
  [ -e "$file" ] || { ln -- "$own" "$file" && break; [ -e "$file" ] || exit 1; }
  seen=$(cat -- "$file" 2>/dev/null) || continue
  pid=$(field 1) owner=$(printf '%s\\t%s\\t%s' "$(field 3)" "$(field 4)" "$(field 5)")
  if [ -n "$pid" ] && [ "$(identity "$pid")" = "$(field 2)" ]; then
    changed=$(stat -c %Y -- "$file" 2>/dev/null || stat -f %m -- "$file" 2>/dev/null)
    printf 'held\\t%s\\t%s\\t%s\\n' "$owner" "$(($(date +%s) - \${changed:-0}))" "$pid"
    exit 0
  fi
  # Of several, only the one that holds the claim on this stale lock replaces it, in one step: the file never disappears in between.
  claim=$file.$(printf '%s' "$seen" | cksum | tr -cs '0-9' '-')
  if ln -- "$own" "$claim" 2>/dev/null; then
    if [ "$(cat -- "$file" 2>/dev/null)" = "$seen" ]; then
      ln -- "$own" "$own.new" && mv -f -- "$own.new" "$file" || exit 1
      printf 'stale\\t%s\\n' "$owner"
    fi
    rm -f -- "$claim"
    cmp -s "$own" "$file" && break
  else
    seen=$(cat -- "$claim" 2>/dev/null) || continue
    [ "$(identity "$(field 1)")" = "$(field 2)" ] || rm -f -- "$claim"
    sleep 1
  fi
done
echo ready
while sleep 1 && cmp -s "$own" "$file"; do touch -- "$file"; done`;
