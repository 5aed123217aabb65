import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cleanEnv } from './run';

/** A file's text or bytes, a symlink, or a file with a mode. `null` removes it. */
export type Content = string | Uint8Array | { content: string; mode: number } | { symlink: string } | null;
export type Files = Record<string, Content>;

export interface Repo {
  dir: string;
  /** file:// URL of the folder. */
  url: string;
  git(...args: string[]): string;
  write(files: Files): void;
  /** Writes the files, commits everything and returns the commit. */
  commit(message: string, files?: Files): string;
  /** A light tag on HEAD, or an annotated one. Moves an existing tag. Returns the commit. */
  tag(name: string, options?: { annotated?: boolean; at?: string }): string;
  head(): string;
}

const BASE = Date.UTC(2026, 0, 5, 12) / 1000;

/** A git repository with one commit of these files (none: no commit). Author and dates are fixed, so the same calls give the same commits. */
export function gitRepo(dir: string, files: Files = {}): Repo {
  fs.mkdirSync(dir, { recursive: true });
  const repo = openRepo(dir);
  repo.git('init', '--quiet', '--initial-branch=main');
  if (Object.keys(files).length > 0) repo.commit('first', files);
  return repo;
}

/** The same for an existing repository: a workspace, a clone. */
export function openRepo(dir: string): Repo {
  let commits = 0;
  const git = (...args: string[]): string => {
    const date = `${BASE + commits * 60} +0000`;
    const env = { ...cleanEnv(), GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    return execFileSync('git', args, { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  };
  const head = (): string => git('rev-parse', 'HEAD');
  const write = (files: Files): void => writeFiles(dir, files);
  return {
    dir,
    url: pathToFileURL(dir).href,
    git,
    write,
    head,
    commit(message, files = {}) {
      write(files);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--no-verify', '-m', message);
      commits += 1;
      return head();
    },
    tag(name, { annotated = false, at = 'HEAD' } = {}) {
      git('tag', '--force', ...(annotated ? ['--annotate', '--message', name] : []), name, at);
      return git('rev-parse', `${name}^{commit}`);
    },
  };
}

export function writeFiles(dir: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    fs.rmSync(file, { recursive: true, force: true });
    if (content === null) continue;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) fs.writeFileSync(file, content);
    else if ('symlink' in content) fs.symlinkSync(content.symlink, file);
    else {
      fs.writeFileSync(file, content.content);
      fs.chmodSync(file, content.mode);
    }
  }
}
