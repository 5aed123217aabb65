import { KdcubeError } from '@kdcube/release/internal';
import { problem } from './problem';
import { mustRun } from './run';
import type { Runner } from './run';

/** Throws the Problem `git-missing` if git cannot be started. */
export async function requireGit(runner: Runner): Promise<void> {
  const found = await runner.run('git', ['--version'], 'git').catch((error: unknown) => {
    if (error instanceof KdcubeError) throw error;
    return undefined;
  });
  if (found?.exitCode === 0) return;
  throw problem('git-missing', 'git is not installed, or not on PATH.', 'install git, or use --skip-git');
}

/** Creates the repository with the branch main. `git init -b` would need git 2.28. */
export async function initRepository(runner: Runner): Promise<void> {
  await mustRun(runner, 'git', ['init', '--quiet'], 'git init');
  await mustRun(runner, 'git', ['symbolic-ref', 'HEAD', 'refs/heads/main'], 'git symbolic-ref');
}

/** Makes the first commit. Without a configured user name that is no failure: returns the command to type. */
export async function firstCommit(runner: Runner): Promise<string | undefined> {
  await mustRun(runner, 'git', ['add', '--all'], 'git add');
  const { exitCode, output } = await runner.run(
    'git',
    ['commit', '--quiet', '--message', 'chore: start with npm create kdcube'],
    'git commit',
  );
  if (exitCode === 0) return undefined;
  const unknown = /user\.name|user\.email|tell me who you are|empty ident/i.test(output);
  return unknown
    ? 'git config --global user.name "…" && git config --global user.email "…" && git commit -m "chore: start"'
    : `git commit -m "chore: start"    (git: ${output.split('\n').slice(-1)[0] ?? 'no output'})`;
}

/** The first paths with uncommitted changes, in a repository. */
export async function uncommitted(runner: Runner): Promise<string[]> {
  const { exitCode, output } = await runner.run('git', ['status', '--porcelain', '--', '.'], 'git status');
  return exitCode === 0
    ? output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(2).trim())
    : [];
}
