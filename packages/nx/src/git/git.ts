import { KdcubeError, withoutSecrets } from '@kdcube/release/internal';
import { fileProblem } from '../system/files/files';
import { run, stream, tail, type RunOptions, type RunResult } from '../system/programs/exec';
import { gitEnvironment, type GitContext } from './environment';
import { requireGit } from './version';

export type GitOptions = Pick<RunOptions, 'input' | 'timeout' | 'onLine' | 'maxBuffer'>;

/** Runs git and returns its output, whatever its exit code. No prompt is possible; see `gitEnvironment`. Default timeout: 10 minutes. */
export async function git(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<RunResult> {
  // Starts before the version check completes: only the first git of a process has to wait for it, and a missing git does no harm.
  const running = run('git', args, { ...options, cwd: context.cwd, env: gitEnvironment(context) });
  running.catch(() => undefined);
  await requireGit();
  const result = await running;
  return { ...result, stderr: redactUrls(result.stderr) };
}

/** Like `git`, but a non-zero exit code is a Problem. Returns stdout as text without the last line end. */
export async function gitText(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(context, args, options)).toString('utf8').replace(/\n$/, '');
}

/** Like `gitText`, but returns the raw bytes. */
export async function gitBytes(context: GitContext, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const result = await git(context, args, options);
  if (result.exitCode !== 0) throw gitFailed(args, result);
  return result.stdout;
}

/** Streams git's standard output. */
export async function* gitStream(context: GitContext, args: readonly string[], options: GitOptions = {}): AsyncGenerator<Buffer> {
  await requireGit();
  yield* stream('git', args, { ...options, cwd: context.cwd, env: gitEnvironment(context) });
}

/** The Problem of a local git command that failed. */
export function gitFailed(args: readonly string[], { exitCode, stderr }: RunResult): KdcubeError {
  if (isDiskFull(stderr)) return fileProblem(Object.assign(new Error(stderr), { code: 'ENOSPC' }), 'the git objects');
  return new KdcubeError({
    code: 'command-failed',
    message: `git ${args[0]} exited with code ${exitCode}.\n${tail(stderr)}`.trimEnd(),
  });
}

export function isDiskFull(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(stderr);
}

/** Removes the secrets from URLs in git's output. */
export function redactUrls(text: string): string {
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]+/gi, (url) => withoutSecrets(url));
}
