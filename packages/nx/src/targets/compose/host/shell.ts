import { KdcubeError } from '@kdcube/release/internal';
import type { HostCommand } from './transport';

/** A text as one word of a POSIX shell. */
function shellQuote(text: string): string {
  if (text.includes('\0'))
    throw new KdcubeError({ code: 'wrong-value', message: 'A value with a NUL character cannot reach a program.' });
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** How long a program on the host has to end after it was told to. Seconds. */
const GRACE = 10;

/** The lines that frame what the program writes. `id` is random, so that no output can be taken for a frame. */
export function startLine(id: string): string {
  return `kdcube-start ${id}`;
}

export function exitLine(id: string): string {
  return `kdcube-exit ${id} `;
}

/**
 * The command line that ssh passes to the user's shell, whatever shell that is: a POSIX shell reads its script from standard input. So nothing of a
 * command shows in the list of processes but the program itself. `dd` with blocks of one byte takes nothing of what follows the script.
 */
export function remoteCommandLine(script: string): string {
  return `exec /bin/sh -c 'eval "$(dd bs=1 count=${Buffer.byteLength(script)} 2>/dev/null)"'`;
}

/**
 * The script that runs a command on the host. Standard input holds the command's input, and stays open while this process wants the command to
 * run: at its end (this process was stopped or killed, the connection was cut), the command and its children are stopped.
 */
export function remoteScript(command: HostCommand, id: string): string {
  const { program, args, cwd, env = {}, stdin } = command;
  const commandLine = [program, ...args].map(shellQuote).join(' ');
  const size = stdin === undefined ? 0 : Buffer.byteLength(stdin);
  const started = shellQuote(startLine(id));
  const lines = [
    'export LC_ALL=C',
    `printf '\\n%s\\n' ${started}; printf '\\n%s\\n' ${started} >&2`,
    `kdcube_end() { printf '\\n%s\\n' ${shellQuote(exitLine(id))}"$1" >&2; }`,
    ...(cwd === undefined ? [] : [`cd -- ${shellQuote(cwd)} 2>/dev/null || { kdcube_end no-folder; exit 0; }`]),
    `command -v -- ${shellQuote(program)} >/dev/null 2>&1 || { kdcube_end no-program; exit 0; }`,
    ...Object.entries(env).map(([name, value]) => `export ${variableName(name)}=${shellQuote(value)}`),
    // The left side tells its id, passes the input on, and then waits for the end of standard input. It keeps no output open, which would keep the session open.
    `{ exec 2>/dev/null; sh -c 'echo "$PPID"'; head -c ${size}; exec >/dev/null; while read -r kdcube_line; do :; done`,
    // sshd gives each session a process group of its own.
    `trap '' TERM; kill -s TERM 0; sleep ${GRACE}; kill -s KILL 0; } |`,
    `{ read -r kdcube_watch; ${commandLine}`,
    // The last line comes first: what the shell says about the watcher that is ended, "Terminated", is not the program's output.
    'kdcube_code=$?; kdcube_end "$kdcube_code"; kill "$kdcube_watch"; }',
  ];
  return lines.join('\n');
}

function variableName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new KdcubeError({ code: 'env-name', message: `${JSON.stringify(name)} cannot be the name of an environment variable.` });
}
