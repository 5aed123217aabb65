import type { Line } from '../../dockerfile/lines';
import { KdcubeError, quoted } from '../../../problem/problem';
import type { Scope } from '../expand';
import { recipeLines } from '../forms';
import type { RecipeOptions } from '../recipe';
import { decidedWord, readNeededStages } from './stage-scopes';

/** A repository that a RUN instruction clones into the working directory. */
export interface ClonedRepository {
  url: string;
  branch: string;
  line: number;
  /** The offsets of the command in the Dockerfile. */
  place: [start: number, end: number];
}

/** `git clone --branch NAME --single-branch URL .`, in this or another order, and nothing else in the instruction. */
const CLONE = /^git\s+clone((?:\s+--(?:branch(?:\s+|=)\S+|single-branch|depth(?:\s+|=)\d+))+)\s+(https:\/\/\S+|file:\/\/\S+)\s+\.$/;

/**
 * The repositories that the Dockerfile clones: what a branch names is content of the image that no other part of the pin identifies. Problem `dockerfile-unreadable` for a clone whose commit
 * cannot be pinned.
 */
export function clonedRepositories(text: string, file: string, options: RecipeOptions): ClonedRepository[] {
  const fail = (message: string, line: number): never => {
    throw new KdcubeError({ code: 'dockerfile-unreadable', message, at: { file, line } });
  };
  const { lines } = recipeLines(text, fail);
  return readNeededStages(lines, options, clonesOf).map(({ line, clone }) => {
    if (clone) return clone;
    return fail(
      `This RUN clones a repository, and its commit cannot be pinned: only ${quoted('RUN git clone --branch NAME URL .')} is supported, with a branch that the Dockerfile or platform.images sets.`,
      line,
    );
  });
}

/** `clone` is undefined if the instruction has another form. */
function clonesOf(instruction: Line, scope: Scope): { line: number; clone?: ClonedRepository }[] {
  const { keyword, rest, flags, tokens, line } = instruction;
  if (keyword !== 'RUN' || !(/\bgit\s/.test(rest) && /\sclone\s/.test(rest))) return [];
  const [, given = '', url] = (flags.length === 0 && CLONE.exec(rest.replaceAll(/\s+/g, ' '))) || [];
  const written = /--branch(?:\s+|=)(\S+)/.exec(given)?.[1];
  const branch = written === undefined ? undefined : decidedWord(written, scope);
  if (url === undefined || branch === undefined || branch === '' || url.includes('$')) return [{ line }];
  const [first, last] = [tokens[0]!, tokens.at(-1)!];
  return [{ line, clone: { url, branch, line, place: [first.offsets[0]!, last.offsets.at(-1)! + 1] } }];
}

/** The name of a clone in a pin. */
export function cloneName({ url, branch }: Pick<ClonedRepository, 'url' | 'branch'>): string {
  return `${url}#${branch}`;
}

/** Replaces every clone by a fetch of its pinned commit; all other bytes are unchanged. A clone without a pin is a bug of the caller. */
export function pinClones(text: string, clones: readonly ClonedRepository[], commits: Readonly<Record<string, string>>): string {
  return [...clones].reverse().reduce((done, clone) => {
    const { url, place } = clone;
    const fetched = `git init --quiet . && git fetch --quiet --depth=1 ${url} ${commits[cloneName(clone)]!} && git checkout --quiet FETCH_HEAD`;
    return done.slice(0, place[0]) + fetched + done.slice(place[1]);
  }, text);
}
