import { KdcubeError, type Problem, shownSshHost, type SshHost } from '@kdcube/release/internal';
import { tail } from '../../../system/programs/exec';

/** The command with which a person tries the same login. */
function loginCommand({ user, host, port }: SshHost): string {
  return ['ssh', ...(port === undefined ? [] : ['-p', port]), user === undefined ? host : `${user}@${host}`].join(' ');
}

/** Why ssh could not log in, from what it wrote. */
export function loginProblem(host: SshHost, stderr: string): KdcubeError {
  const name = shownSshHost(host);
  return new KdcubeError(
    hostKeyProblem(host, name, stderr) ?? deniedProblem(host, name, stderr) ?? unreachableProblem(host, name, stderr),
  );
}

function hostKeyProblem(host: SshHost, name: string, stderr: string): Problem | undefined {
  const entry = /^Offending .*key in (\S+):(\d+)/m.exec(stderr);
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|has changed and you have requested strict checking/.test(stderr)) {
    const [, file = '~/.ssh/known_hosts', line] = entry ?? [];
    const place = line === undefined ? file : `line ${line} of ${file}`;
    return {
      code: 'host-key',
      message: `The ssh key of ${name} is not the one in ${place}: the host was replaced, or another machine answers in its place. Nothing was sent to it.`,
      hint: `ask whoever runs the host for its fingerprint; if the change is right: ssh-keygen -f ${file} -R ${knownHostName(host)} && ${loginCommand(host)}    and compare what it shows`,
    };
  }
  if (!/Host key verification failed|No \S+ host key is known for/.test(stderr)) return undefined;
  return {
    code: 'host-key',
    message: `The ssh key of ${name} is not known to this machine, and a host key is never accepted silently.`,
    hint: `${loginCommand(host)}    shows its fingerprint; compare it with the host’s own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. In CI: write the host’s line into ~/.ssh/known_hosts from a CI variable`,
  };
}

function knownHostName({ host, port }: SshHost): string {
  return port === undefined || port === 22 ? host : `'[${host}]:${port}'`;
}

function deniedProblem(host: SshHost, name: string, stderr: string): Problem | undefined {
  const line =
    /^.*(?:Permission denied \(|Too many authentication failures|No more authentication methods|account is (?:locked|expired)).*$/im.exec(
      stderr,
    );
  if (!line) return undefined;
  return {
    code: 'host-denied',
    message: `${name} denies the login: ${line[0].trim()}`,
    hint: `${loginCommand(host)} -v    shows which keys are offered; ssh-add <key> adds one to the agent`,
  };
}

function unreachableProblem(host: SshHost, name: string, stderr: string): Problem {
  const reason = tail(stderr, 2) || 'ssh ended without a message.';
  return {
    code: 'host-unreachable',
    message: `${name} cannot be reached: ${reason}`,
    hint: `${loginCommand(host)} -v    shows how far ssh gets`,
  };
}

export function loginTimeout(host: SshHost, seconds: number): KdcubeError {
  return new KdcubeError({
    code: 'host-unreachable',
    message: `${shownSshHost(host)} did not complete the login within ${seconds} s.`,
    hint: `${loginCommand(host)} -v    shows how far ssh gets`,
  });
}

/** The login works, and no program runs: a shell such as nologin, or a forced command. */
export function noShell(host: SshHost, output: string): KdcubeError {
  return new KdcubeError({
    code: 'host-denied',
    message: `${shownSshHost(host)} accepts the login, but runs no program for this user: ${tail(output, 2) || 'it ended the session.'}`,
    hint: `the user needs a login shell and no forced command: ${loginCommand(host)} true`,
  });
}

export function tooFewSessions(name: string): KdcubeError {
  return new KdcubeError({
    code: 'host-denied',
    message: `${name} refuses a further session on one connection.`,
    hint: 'MaxSessions 10 (the default) in /etc/ssh/sshd_config of the host; 8 are needed',
  });
}

/** `isStarted`: whether the program had started. If it had, nobody here knows how far it got. */
export function connectionLost(name: string, what: string, isStarted: boolean, stderr = ''): KdcubeError {
  const reason = tail(stderr, 1);
  const unknown = isStarted
    ? `Whether it finished is unknown; the host stops it when it notices the cut.`
    : 'It had not started: it changed nothing.';
  return new KdcubeError({
    code: 'host-connection-lost',
    message: `The connection to ${name} was lost while ${what} ran. ${unknown}${reason ? `\n${reason}` : ''}`,
    hint: 'run the same command again: it starts from what it finds on the host',
  });
}

export function programMissing(name: string, program: string): KdcubeError {
  return new KdcubeError({ code: 'command-failed', message: `${program} is not on ${name}, or not on the PATH of its user.` });
}

export function folderMissing(name: string, folder: string): KdcubeError {
  return new KdcubeError({
    code: 'file-error',
    message: `The folder ${folder} does not exist on ${name}, or its user may not enter it.`,
  });
}

/** Whether a program failed for lack of disk space. */
export function isDiskFull(stderr: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(stderr);
}

export function diskFull(name: string, what: string): KdcubeError {
  return new KdcubeError({
    code: 'disk-full',
    message: `The disk of ${name} is full: ${what}.`,
    hint: 'df -h    there; docker system df shows what docker uses',
  });
}
