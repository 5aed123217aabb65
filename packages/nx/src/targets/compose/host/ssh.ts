import { randomBytes } from 'node:crypto';
import { KdcubeError, shownSshHost, type SshHost } from '@kdcube/release/internal';
import { follow, run, type RunOptions } from '../../../system/exec';
import { connectionLost, folderMissing, programMissing, tooFewSessions } from './host-problems';
import type { HostCommand, HostTransport } from './host';
import { exitLine, remoteCommandLine, remoteScript, startLine } from './shell';
import { connect, type Connection } from './ssh-connection';
import { limitConcurrency } from './limit-concurrency';

/** sshd allows 10 sessions on a connection; the login holds one of our 8. */
const MAX_SESSIONS = 7;

/** A host that ssh reaches. One login serves every command; when it was cut, the next command logs in again. */
export async function openSsh(host: SshHost): Promise<HostTransport> {
  const name = shownSshHost(host);
  const limit = limitConcurrency(MAX_SESSIONS);
  let connection: Promise<Connection> = connect(host);
  await connection;
  const connected = async (): Promise<Connection> => {
    const current = await connection.catch(() => undefined);
    if (!current?.isOpen()) connection = connect(host);
    return connection;
  };
  return {
    name,
    capture: (command) =>
      limit(async () => {
        const session = await newSession(name, connected(), command);
        const { stdout, stderr } = await renamed(session, run('ssh', session.args, { timeout: 600_000, ...session.options }));
        const outcome = readOutcome(session, stderr);
        const start = `${startLine(session.id)}\n`;
        return { ...outcome, stdout: stdout.subarray(stdout.indexOf(start) + start.length) };
      }),
    follow: (command, onLine) =>
      limit(async () => {
        const session = await newSession(name, connected(), command);
        const options = { ...session.options, onLine: unframed(session.id, onLine) };
        const { stderr } = await renamed(session, follow('ssh', session.args, options, unframed(session.id, onLine)));
        return readOutcome(session, stderr).exitCode;
      }),
    async close() {
      await (await connection.catch(() => undefined))?.close();
    },
  };
}

interface RemoteSession {
  id: string;
  host: string;
  /** The program for messages: `docker compose`. */
  what: string;
  command: HostCommand;
  args: readonly string[];
  options: RunOptions;
}

async function newSession(host: string, connection: Promise<Connection>, command: HostCommand): Promise<RemoteSession> {
  const id = randomBytes(8).toString('hex');
  const script = remoteScript(command, id);
  const { sessionArgs } = await connection;
  return {
    id,
    host,
    what: [command.program, command.args[0] ?? ''].join(' ').trimEnd(),
    command,
    args: [...sessionArgs, remoteCommandLine(script)],
    options: {
      input: Buffer.concat([Buffer.from(script), Buffer.from(command.stdin ?? '')]),
      // The program on the host runs as long as this stays open.
      keepsInputOpen: true,
      hasOwnExitCodes: true,
      isDetached: true,
      timeout: command.timeout,
      isCleanup: command.isCleanup,
    },
  };
}

/** Problems of the local ssh, such as a timeout, speak of the program on the host. */
async function renamed<T>({ args, what, host }: RemoteSession, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      message: problem.message.replace(`ssh ${args[0]}`, `${what} on ${host}`).replace(/\n\n?kdcube-start \w+/, ''),
    }));
    throw new KdcubeError(problems, { cause: error });
  }
}

/** Lines between the frames only: before them, a login shell may write anything. */
function unframed(id: string, onLine: (line: string) => void): (line: string) => void {
  let isInside = false;
  return (line) => {
    if (line.startsWith(exitLine(id))) isInside = false;
    if (isInside) onLine(line);
    if (line === startLine(id)) isInside = true;
  };
}

function readOutcome({ id, host, what, command }: RemoteSession, output: string): { stderr: string; exitCode: number } {
  const start = `${startLine(id)}\n`;
  const startsAt = output.indexOf(start);
  const endsAt = output.indexOf(`\n${exitLine(id)}`);
  if (startsAt < 0 && /session open refused/i.test(output)) throw tooFewSessions(host);
  if (endsAt < 0) throw connectionLost(host, what, startsAt >= 0, output.slice(startsAt < 0 ? 0 : startsAt + start.length));
  const result = output.slice(endsAt + 1 + exitLine(id).length).split('\n')[0]!;
  if (result === 'no-program') throw programMissing(host, command.program);
  if (result === 'no-folder') throw folderMissing(host, command.cwd ?? '');
  return { stderr: output.slice(startsAt + start.length, Math.max(endsAt, startsAt + start.length)), exitCode: Number(result) };
}
