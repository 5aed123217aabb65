import { KdcubeError, type Problem, type ProblemCode } from '@kdcube/release/internal';
import { tail } from '../../system/programs/exec';
import { gitFailed, isDiskFull, redactUrls } from '../git';

type ProblemText = Pick<Problem, 'message' | 'hint'>;

const LOGIN = 'log in once by hand (git ls-remote <the URL>), or give this machine a credential helper, a deploy key or a token';

/** The error messages of git and its transports, and the Problem of each. The first match wins. */
const PATTERNS: [RegExp, ProblemCode, (shown: string) => ProblemText][] = [
  [
    /Host key verification failed/,
    'repo-denied',
    (shown) => ({
      message: `The ssh host of ${shown} is not known to this machine, so its key was not accepted.`,
      hint: 'compare the key with what its owner publishes and add it to ~/.ssh/known_hosts',
    }),
  ],
  [
    /could not read (?:Username|Password)|terminal prompts disabled/i,
    'repo-denied',
    (shown) => ({ message: `${shown} requires a user name and a password, and this machine has none for it.`, hint: LOGIN }),
  ],
  [
    /Authentication failed|Permission denied|Access denied|returned error: 40[13]|Invalid username or (?:password|token)|publickey/i,
    'repo-denied',
    (shown) => ({ message: `${shown} denied access with the credentials of this machine.`, hint: LOGIN }),
  ],
  [
    /transport '[^']*' not allowed|strange (?:hostname|pathname|port)/,
    'unsafe-url',
    (shown) => ({ message: `${shown} uses a transport that is not allowed.`, hint: 'use ssh://, https:// or file://' }),
  ],
  [
    /\b(?:hasDot|hasDotdot|hasDotgit|fullPathname|emptyName|nullSha1|treeNotSorted|duplicateEntries|gitmodules[A-Z]\w*):/,
    'unsafe-name',
    (shown) => ({ message: `${shown} contains objects that git rejects as unsafe.` }),
  ],
  [
    /dubious ownership/,
    'repo-unreachable',
    (shown) => ({
      message: `git refuses to read ${shown}: it belongs to another user.`,
      hint: 'git config --global --add safe.directory <its folder>',
    }),
  ],
  [
    /repository .*not found|does not appear to be a git repository|Repository not found|project you were looking for could not be found/i,
    'repo-unreachable',
    (shown) => ({
      message: `The repository ${shown} does not exist, or the credentials of this machine cannot read it.`,
      hint: 'check the URL, and whether this machine may read the repository',
    }),
  ],
  [
    /resolve host|Connection refused|timed out|Could(?:n't| not) connect|unreachable|No route to host|unable to access|Could not read from remote|RPC failed|early EOF|hung up|disconnect|Connection (?:reset|closed)/i,
    'repo-unreachable',
    (shown) => ({
      message: `${shown} could not be reached.`,
      hint: 'check the URL, the network and the proxy, then run it again',
    }),
  ],
];

/** The Problem of a remote's failure; undefined if git's output is not about the remote. */
export function knownRemoteProblem(stderr: string, shown: string): KdcubeError | undefined {
  if (isDiskFull(stderr)) return gitFailed(['fetch'], { exitCode: 128, stdout: Buffer.alloc(0), stderr });
  const found = PATTERNS.find(([pattern]) => pattern.test(stderr));
  if (!found) return undefined;
  const { message, hint } = found[2](shown);
  return new KdcubeError({ code: found[1], message: `${message}\n${gitOutput(stderr)}`.trimEnd(), hint });
}

/** Like `knownRemoteProblem`, with a default for unknown failures. */
export function remoteProblem(stderr: string, shown: string): KdcubeError {
  const known = knownRemoteProblem(stderr, shown);
  return (
    known ??
    new KdcubeError({ code: 'repo-unreachable', message: `git could not read ${shown}.\n${gitOutput(stderr)}`.trimEnd() })
  );
}

/** A timeout of a remote means that it is unreachable. */
export function remoteTimeout(error: unknown, shown: string): unknown {
  if (!(error instanceof KdcubeError) || error.problems[0]?.code !== 'command-timeout') return error;
  const problem: Problem = {
    code: 'repo-unreachable',
    message: `${shown} did not answer in time.`,
    hint: 'check the URL, the network and the proxy, then run it again',
  };
  return new KdcubeError(problem, { cause: error });
}

/** The server does not serve this object by its id. */
export function isNotAdvertised(stderr: string): boolean {
  return /not our ref|unadvertised object|find remote ref|no such remote ref/i.test(stderr);
}

/** git's output without its progress. */
function gitOutput(stderr: string): string {
  const lines = redactUrls(stderr)
    .split(/[\r\n]+/)
    .filter((line) => line && !/\d+% \(|^remote: (?:Enumerating|Total)/.test(line));
  return tail(lines.map((line) => `git says: ${line}`).join('\n'), 4);
}
