import { KdcubeError, withoutSecrets } from '@kdcube/release/internal';
import { fileProblem } from '../system/files';
import { run, stream, tail, type RunOptions, type RunResult } from '../system/exec';
import { isInterrupted } from '../system/signals';

/** Where git runs, and what it needs to know there. */
export interface GitContext {
  cwd: string;
  env?: Record<string, string | undefined>;
  /** Settings for this place only. They travel in the environment: a URL with a secret never shows in a list of processes. */
  config?: Record<string, string>;
}

export type GitOptions = Pick<RunOptions, 'input' | 'timeout' | 'onLine' | 'maxBuffer'>;

/** Runs git and returns what it said, whatever its exit code. No prompt is possible; see `gitEnvironment`. Default time-out: 10 minutes. */
export async function git(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<RunResult> {
  // At once: only the first git of a process has something to wait for, and a git that is not there does no harm.
  const running = run('git', args, { ...options, cwd: context.cwd, env: gitEnvironment(context) });
  running.catch(() => undefined);
  await requireGit();
  const result = await running;
  return { ...result, stderr: redactUrls(result.stderr) };
}

/** Like `git`, but a non-zero exit code is a Problem; returns stdout as text without the last line end. */
export async function gitText(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(context, args, options)).toString('utf8').replace(/\n$/, '');
}

/** Like `gitText`, but the bytes as they are. */
export async function gitBytes(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const result = await git(context, args, options);
  if (result.exitCode !== 0) throw gitFailed(args, result);
  return result.stdout;
}

/** git's standard output as it comes. */
export async function* gitStream(context: GitContext, args: readonly string[], options: GitOptions = {}): AsyncGenerator<Buffer> {
  await requireGit();
  yield* stream('git', args, { ...options, cwd: context.cwd, env: gitEnvironment(context) });
}

/** A local git command that failed, as a Problem. */
export function gitFailed(args: readonly string[], { exitCode, stderr }: RunResult): KdcubeError {
  if (isDiskFull(stderr)) return fileProblem(Object.assign(new Error(stderr), { code: 'ENOSPC' }), 'the git objects');
  return new KdcubeError({
    code: 'command-failed',
    message: `git ${args[0]} ended with exit code ${exitCode}.\n${tail(stderr)}`.trimEnd(),
  });
}

export function isDiskFull(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(stderr);
}

/** Text of git without the secrets in its URLs. */
export function redactUrls(text: string): string {
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi, (url) => withoutSecrets(url));
}

/** What a hook or a wrapper around this process may have set, and what would send git to another repository than the one that was asked for. */
const CLEARED_VARIABLES = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_INDEX_VERSION',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_GRAFT_FILE',
  'GIT_REPLACE_REF_BASE',
  'GIT_GLOB_PATHSPECS',
  'GIT_NOGLOB_PATHSPECS',
  'GIT_ICASE_PATHSPECS',
  'GIT_ATTR_SOURCE',
  'GIT_DEFAULT_HASH',
  'GIT_REDIRECT_STDIN',
  'GIT_REDIRECT_STDOUT',
  'GIT_REDIRECT_STDERR',
];

/** Settings of every call: nothing runs beside git (hooks, monitors, maintenance), and no question is asked. */
const CONFIG: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.askPass': '',
  'core.safecrlf': 'false',
  'core.splitIndex': 'false',
  'credential.interactive': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'fetch.writeCommitGraph': 'false',
  'color.ui': 'false',
};

/**
 * The environment of git: English messages, no prompt of any kind (terminal, askpass, credential manager), only transports that
 * cannot run a program that somebody else chose, no replaced objects, paths taken as they are written, the user's index never refreshed.
 */
export function gitEnvironment(context: GitContext): Record<string, string | undefined> {
  const cleared = Object.fromEntries(CLEARED_VARIABLES.map((name) => [name, undefined]));
  return {
    ...cleared,
    LC_ALL: 'C',
    LANGUAGE: undefined,
    GIT_TERMINAL_PROMPT: '0',
    // Set but empty: git then asks no program at all, not even SSH_ASKPASS.
    GIT_ASKPASS: '',
    SSH_ASKPASS_REQUIRE: 'never',
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: 'file:ssh:https',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    ...context.env,
    ...configVariables({ ...CONFIG, ...context.config }),
  };
}

/** Settings after those that this process was given (CI hands credentials over in this way). */
function configVariables(settings: Record<string, string>): Record<string, string> {
  const before = Number(process.env.GIT_CONFIG_COUNT ?? 0) || 0;
  const entries = Object.entries(settings);
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(before + entries.length) };
  entries.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${before + index}`] = key;
    env[`GIT_CONFIG_VALUE_${before + index}`] = value;
  });
  return env;
}

const MINIMUM_VERSION = [2, 34] as const;
/** Major and minor. */
export type GitVersion = readonly [number, number];

const versions = new Map<string | undefined, Promise<GitVersion>>();

/** Once per PATH: that git is there, and new enough. Which one it is. */
export function requireGit(): Promise<GitVersion> {
  const path = process.env.PATH;
  const known = versions.get(path);
  if (known) return known;
  const asked = checkGit();
  versions.set(path, asked);
  asked.catch(() => versions.delete(path));
  return asked;
}

async function checkGit(): Promise<GitVersion> {
  const text = await run('git', ['version'], { timeout: 30_000 }).then(
    ({ stdout }) => stdout.toString('utf8').trim(),
    (error) => {
      if (isInterrupted(error)) throw error;
      return undefined;
    },
  );
  const hint = `install git ${MINIMUM_VERSION.join('.')} or newer: https://git-scm.com/downloads`;
  if (text === undefined)
    throw new KdcubeError({ code: 'git-missing', message: 'git is not on this machine, or not on the PATH.', hint });
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  if (major < MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor < MINIMUM_VERSION[1])) {
    throw new KdcubeError({
      code: 'git-missing',
      message: `${text} is too old: git ${MINIMUM_VERSION.join('.')} is the oldest that can do what a release needs.`,
      hint,
    });
  }
  return [major, minor];
}
