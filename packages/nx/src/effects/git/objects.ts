import * as fs from 'node:fs';
import { KdcubeError } from '@kdcube/release';
import { converse, type Conversation } from '../exec';
import { gitEnvironment, redact, requireGit, type GitPlace } from './git';

/** What an object is, without its content. */
export interface ObjectInfo {
  oid: string;
  type: string;
  /** Bytes. */
  size: number;
}

export interface GitObject extends ObjectInfo {
  content: Buffer;
}

/** A store of objects that is asked one thing after another: to start a git for each would cost more than its answer. */
export interface Objects {
  /** For each name (an id, or an expression without a line end) what it names; undefined where there is nothing. */
  look(names: readonly string[]): Promise<(ObjectInfo | undefined)[]>;
  /** The same with the content, whole: for objects that are known to be small. */
  read(names: readonly string[]): Promise<(GitObject | undefined)[]>;
  /** Ends the processes. The next question starts new ones. */
  close(): void;
}

/** Idle processes are ended after so many milliseconds. */
const IDLE = 5_000;

const opened = new Map<string, Objects>();

/** The objects that git sees at a place. Shared by everybody in this process who asks there; nothing of it keeps the process alive. */
export function objectsAt(place: GitPlace): Objects {
  const key = keyOf(place);
  const there = opened.get(key);
  if (there) return there;
  const check = lines(place, '--batch-check', false);
  const batch = lines(place, '--batch', true);
  let idle: NodeJS.Timeout | undefined;
  const objects: Objects = {
    look: (names) => used(check.ask(names)),
    read: (names) => used(batch.ask(names)) as Promise<(GitObject | undefined)[]>,
    close() {
      clearTimeout(idle);
      opened.delete(key);
      check.end();
      batch.end();
    },
  };
  const used = async <T>(work: Promise<T>): Promise<T> => {
    clearTimeout(idle);
    try {
      return await work;
    } finally {
      clearTimeout(idle);
      idle = setTimeout(objects.close, IDLE).unref();
    }
  };
  opened.set(key, objects);
  return objects;
}

/** Ends whatever reads below a folder, which is about to be replaced or removed. */
export function closeObjects(dir: string): void {
  for (const [key, objects] of opened) if (key.includes(JSON.stringify(dir).slice(1, -1))) objects.close();
}

/** A folder that was made anew under the same name is another place. */
function keyOf({ cwd, env, config }: GitPlace): string {
  return JSON.stringify([cwd, fs.statSync(cwd, { throwIfNoEntry: false })?.ino, env, config, process.env.PATH]);
}

interface Question {
  answer(found: ObjectInfo | GitObject | undefined): void;
  fail(error: Error): void;
}

interface Asked {
  git: Conversation;
  waiting: Question[];
}

/** One `git cat-file`, started with the first question. Answers come in the order of the questions. */
function lines(place: GitPlace, mode: string, withContent: boolean) {
  let current: Asked | undefined;
  const begin = (): Asked => {
    const waiting: Question[] = [];
    const hear = listener(withContent, (found) => {
      waiting.shift()?.answer(found);
      if (waiting.length === 0) git.hold(false);
    });
    const git = converse('git', ['cat-file', mode], { cwd: place.cwd, env: gitEnvironment(place) }, hear);
    const asked = { git, waiting };
    void git.ended.then((why) => {
      if (current === asked) current = undefined;
      const [problem] = why.problems;
      const failure = new KdcubeError({ ...problem!, message: redact(problem!.message) }, { cause: why });
      for (const { fail } of waiting.splice(0)) fail(failure);
    });
    return asked;
  };
  return {
    async ask(names: readonly string[]): Promise<(ObjectInfo | GitObject | undefined)[]> {
      if (names.length === 0) return [];
      await requireGit();
      const { git, waiting } = (current ??= begin());
      git.hold(true);
      const answers = names.map(() => new Promise<ObjectInfo | undefined>((answer, fail) => void waiting.push({ answer, fail })));
      git.say(`${names.join('\n')}\n`);
      return Promise.all(answers);
    },
    end(): void {
      current?.git.end();
      current = undefined;
    },
  };
}

/** Cuts what `cat-file` says into answers. */
function listener(withContent: boolean, answer: (found: ObjectInfo | GitObject | undefined) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = 1;
  return (chunk) => {
    parts.push(chunk);
    length += chunk.length;
    if (length < wanted) return;
    let rest: Buffer = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    for (;;) {
      const end = rest.indexOf(10);
      wanted = rest.length + 1;
      if (end === -1) break;
      const [, oid, type, size] = /^([0-9a-f]{40,64}) ([a-z]+) ([0-9]+)$/.exec(rest.toString('latin1', 0, end)) ?? [];
      const info = oid === undefined ? undefined : { oid, type: type!, size: Number(size) };
      const next = end + 1 + (info && withContent ? info.size + 1 : 0);
      wanted = next;
      if (rest.length < next) break;
      // A copy: what is kept of it must not keep the whole chunk.
      answer(info && withContent ? { ...info, content: Buffer.from(rest.subarray(end + 1, next - 1)) } : info);
      rest = rest.subarray(next);
    }
    parts = [rest];
    length = rest.length;
  };
}
