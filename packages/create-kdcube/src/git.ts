import { CreateError } from './problem';
import { mustRun } from './run';
import type { Runner } from './run';

/** Throws the Problem `git-missing` where git cannot be started. */
export async function needGit(runner: Runner): Promise<void> {
  const found = await runner.run('git', ['--version'], 'git').catch((error: unknown) => {
    if (error instanceof CreateError) throw error;
    return undefined;
  });
  if (found?.exitCode === 0) return;
  throw new CreateError(
    'git-missing',
    'git is not there, and the repository is kept in it.',
    'install git; or --skip-git, to do it later',
  );
}

/** Makes the repository, on main. `git init -b` would need git 2.28. */
export async function initRepository(runner: Runner): Promise<void> {
  await mustRun(runner, 'git', ['init', '--quiet'], 'git init');
  await mustRun(runner, 'git', ['symbolic-ref', 'HEAD', 'refs/heads/main'], 'git symbolic-ref');
}

/** The first commit. A machine where git does not know who commits is no failure: it returns what is left to type. */
export async function firstCommit(runner: Runner): Promise<string | undefined> {
  await mustRun(runner, 'git', ['add', '--all'], 'git add');
  const { exitCode, said } = await runner.run(
    'git',
    ['commit', '--quiet', '--message', 'chore: start with npm create kdcube'],
    'git commit',
  );
  if (exitCode === 0) return undefined;
  const unknown = /user\.name|user\.email|tell me who you are|empty ident/i.test(said);
  return unknown
    ? 'git config --global user.name "…" && git config --global user.email "…" && git commit -m "chore: start"'
    : `git commit -m "chore: start"    (git said: ${said.split('\n').slice(-1)[0] ?? 'nothing'})`;
}
