import { randomBytes } from 'node:crypto';
import { KdcubeError } from '@kdcube/release/internal';
import { follow, run, type RunOptions } from '../../../system/programs/exec';
import { connectionLost, folderMissing, programMissing, tooFewSessions } from './host-problems';
import type { HostCommand, HostTransport } from './transport';
import { limitConcurrency } from './limit-concurrency';
import { exitLine, remoteCommandLine, remoteScript, startLine } from './shell';

/** How a shell of the host is started: a program of this machine and its arguments. Its standard input reaches the shell. */
export interface ShellStarter {
  name: string;
  program: string;
  /** `commandLine`: what the user's shell on the host is to run. `isRetry`: on a new connection, because the last one is not usable. */
  args(commandLine: string, isRetry: boolean): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** sshd allows 10 sessions on a connection; the login holds one of our 8. */
const MAX_SESSIONS = 7;

/** Every command is a session of its own. */
export function sessionsOver(starter: ShellStarter): HostTransport {
  const limit = limitConcurrency(MAX_SESSIONS);
  /** A command that has not started, because the connection was cut before, is started on a new one. */
  const attempt = async <T>(command: HostCommand, work: (session: HostSession) => Promise<T | undefined>): Promise<T> =>
    limit(async () => {
      const result = await work(await newSession(starter, command, false));
      if (result !== undefined) return result;
      const session = await newSession(starter, command, true);
      const second = await work(session);
      if (second === undefined) throw connectionLost(session.name, session.what, false);
      return second;
    });
  return {
    name: starter.name,
    capture: (command) =>
      attempt(command, async (session) => {
        const options = { timeout: 600_000, ...session.options };
        const { stdout, stderr } = await renamed(session, run(starter.program, session.args, options));
        const outcome = readOutcome(session, stderr);
        const start = `${startLine(session.id)}\n`;
        return outcome && { ...outcome, stdout: stdout.subarray(stdout.indexOf(start) + start.length) };
      }),
    follow: (command, onLine) =>
      attempt(command, async (session) => {
        const options = { ...session.options, onLine: betweenFrames(session.id, onLine) };
        const output = follow(starter.program, session.args, options, betweenFrames(session.id, onLine));
        return readOutcome(session, (await renamed(session, output)).stderr)?.exitCode;
      }),
    close: () => starter.close(),
  };
}

interface HostSession {
  id: string;
  /** Of the host. */
  name: string;
  /** The program for messages: `docker compose`. */
  what: string;
  /** As messages name the local program: `ssh -o`. */
  localName: string;
  command: HostCommand;
  args: readonly string[];
  options: RunOptions;
}

async function newSession(starter: ShellStarter, command: HostCommand, isRetry: boolean): Promise<HostSession> {
  const id = randomBytes(8).toString('hex');
  const script = remoteScript(command, id);
  const args = await starter.args(remoteCommandLine(script), isRetry);
  return {
    id,
    name: starter.name,
    what: [command.program, command.args[0] ?? ''].join(' ').trimEnd(),
    localName: `${starter.program} ${args[0]}`,
    command,
    args,
    options: {
      input: Buffer.concat([Buffer.from(script), Buffer.from(command.stdin ?? '')]),
      // The program on the host runs as long as this stays open.
      keepsInputOpen: true,
      hasOwnExitCodes: true,
      isDetached: true,
      // The default of `capture` and of `follow` differ.
      ...(command.timeout !== undefined && { timeout: command.timeout }),
      isCleanup: command.isCleanup,
    },
  };
}

/** Problems of the local program, such as a timeout, speak of the program on the host. */
async function renamed<T>({ id, localName, what, name }: HostSession, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KdcubeError)) throw error;
    const problems = error.problems.map((problem) => ({
      ...problem,
      message: problem.message.replace(localName, `${what} on ${name}`).replace(`\n\n${startLine(id)}`, ''),
    }));
    throw new KdcubeError(problems, { cause: error });
  }
}

/** Passes on the lines of the program only: before them, a login shell may write anything. */
function betweenFrames(id: string, onLine: (line: string) => void): (line: string) => void {
  let isInside = false;
  return (line) => {
    if (line.startsWith(exitLine(id))) isInside = false;
    if (isInside) onLine(line);
    if (line === startLine(id)) isInside = true;
  };
}

/** Undefined if the program has not started. */
function readOutcome({ id, name, what, command }: HostSession, output: string): { stderr: string; exitCode: number } | undefined {
  const start = `${startLine(id)}\n`;
  const startsAt = output.indexOf(start);
  if (startsAt < 0 && /session open refused/i.test(output)) throw tooFewSessions(name);
  if (startsAt < 0) return undefined;
  const written = output.slice(startsAt + start.length);
  const endsAt = `\n${written}`.indexOf(`\n${exitLine(id)}`);
  if (endsAt < 0) throw connectionLost(name, what, true, written);
  const result = written.slice(endsAt + exitLine(id).length).split('\n')[0]!;
  if (result === 'no-program') throw programMissing(name, command.program);
  if (result === 'no-folder') throw folderMissing(name, command.cwd ?? '');
  return { stderr: written.slice(0, Math.max(endsAt - 1, 0)), exitCode: Number(result) };
}
