import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError, type SshHost } from '@kdcube/release/internal';
import { removeSync, withExitHandler } from '../../../system/files/cleanup';
import { openSession, type Session } from '../../../system/programs/exec';
import { loginProblem, loginTimeout, noShell } from './host-problems';

/** One login to a host. Every session goes through its socket. */
export interface Connection {
  /** ssh's arguments for a session, up to the command line. */
  sessionArgs: readonly string[];
  isOpen(): boolean;
  close(): Promise<void>;
}

/** How long a login may take, whatever ssh’s own limits. Seconds. */
const LOGIN_TIMEOUT = 60;
/** How long ssh has to end when its input is closed; it waits for sessions that still run. Milliseconds. */
const CLOSE_TIMEOUT = 1_000;

const READY = 'kdcube-ready';

/**
 * What holds for every call, whatever the ssh configuration says. Users, keys, jump hosts, known_hosts files and ciphers come from the configuration.
 */
const SETTINGS = {
  BatchMode: 'yes',
  // Never accept-new, never no.
  StrictHostKeyChecking: 'yes',
  ConnectTimeout: '20',
  // A cut is noticed within a minute.
  ServerAliveInterval: '15',
  ServerAliveCountMax: '4',
  ControlPersist: 'no',
  RemoteCommand: 'none',
  RequestTTY: 'no',
  PermitLocalCommand: 'no',
  ForwardAgent: 'no',
  ForwardX11: 'no',
  ClearAllForwardings: 'yes',
  LogLevel: 'ERROR',
};

function settings(more: Record<string, string>): string[] {
  return Object.entries({ ...SETTINGS, ...more }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function destination({ user, host, port }: SshHost): string[] {
  return [...(port === undefined ? [] : ['-p', String(port)]), ...(user === undefined ? [] : ['-l', user]), '--', host];
}

/** Logs in. The connection ends with this process, however that ends: the host sees the end of its input. */
export async function connect(host: SshHost): Promise<Connection> {
  // Short, because the path of a socket has at most 104 characters on macOS; private, because who can open the socket is logged in.
  const folder = fs.mkdtempSync(path.join(os.platform() === 'darwin' ? '/tmp' : os.tmpdir(), 'kdcube-'));
  let removed: () => void = () => undefined;
  void withExitHandler(
    () => removeSync(folder),
    () => new Promise<void>((resolve) => (removed = resolve)),
  );
  const cleanUp = () => {
    removeSync(folder);
    removed();
  };
  const socket = path.join(folder, randomBytes(3).toString('hex'));
  try {
    const master = await login(host, socket);
    void master.ended.then(cleanUp);
    return {
      // Without the master ssh would log in again on its own; ProxyCommand is used only then.
      sessionArgs: [...settings({ ControlMaster: 'no', ControlPath: socket, ProxyCommand: 'exit 1' }), ...destination(host)],
      isOpen: master.isOpen,
      async close() {
        await endMaster(master);
        cleanUp();
      },
    };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

type Master = Pick<Session, 'end' | 'stop' | 'ended'> & { isOpen(): boolean };

async function login(host: SshHost, socket: string): Promise<Master> {
  const args = [
    ...settings({ ControlMaster: 'yes', ControlPath: socket }),
    ...destination(host),
    `exec /bin/sh -c 'echo; echo ${READY}; exec cat >/dev/null'`,
  ];
  const errors: string[] = [];
  let output = '';
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  const session = openSession('ssh', args, { isDetached: true, onLine: (line) => errors.push(line) }, (chunk) => {
    output = (output + chunk.toString('utf8')).slice(-4096);
    if (/^kdcube-ready$/m.test(output)) isReady();
  });
  let isOpen = true;
  const failure = session.ended.then((error) => {
    isOpen = false;
    return loginFailure(host, error, errors.join('\n'), output);
  });
  const timer = setTimeout(() => session.stop(), LOGIN_TIMEOUT * 1000);
  try {
    await Promise.race([ready, failure.then((error) => Promise.reject(error))]);
  } finally {
    clearTimeout(timer);
  }
  return { end: session.end, stop: session.stop, ended: session.ended, isOpen: () => isOpen };
}

function loginFailure(host: SshHost, error: KdcubeError, stderr: string, output: string): KdcubeError {
  const { code, message } = error.problems[0]!;
  if (code === 'interrupted') return /SIGTERM/.test(message) ? loginTimeout(host, LOGIN_TIMEOUT) : error;
  const exitCode = /exit code (\d+)/.exec(message)?.[1];
  // ssh is not on this machine.
  if (exitCode === undefined) return error;
  return exitCode === '255' ? loginProblem(host, stderr) : noShell(host, `${output}\n${stderr}`);
}

async function endMaster(master: Master): Promise<void> {
  if (!master.isOpen()) return;
  master.end();
  const timer = setTimeout(() => master.stop(), CLOSE_TIMEOUT);
  await master.ended;
  clearTimeout(timer);
}
