import * as fs from 'node:fs';
import { KdcubeError } from '@kdcube/release/internal';
import { openSession, type Session } from '../system/exec';
import { gitEnvironment, redactUrls, requireGit, type GitContext } from './git';

/** What an object is, without its content. */
interface ObjectInfo {
  oid: string;
  type: string;
  /** Bytes. */
  size: number;
}

export interface GitObject extends ObjectInfo {
  content: Buffer;
}

/** A store of objects that is asked one thing after another: to start a git for each would cost more than its answer. */
export interface ObjectReader {
  /** For each name (an id, or an expression without a line end) what it names; undefined where there is nothing. */
  info(names: readonly string[]): Promise<(ObjectInfo | undefined)[]>;
  /** The same with the content, whole: for objects that are known to be small. */
  read(names: readonly string[]): Promise<(GitObject | undefined)[]>;
  /** Starts the process that will be asked, so that the first question need not wait for it. What goes wrong is said to whoever asks. */
  start(): void;
  /** Ends the processes. The next question starts new ones. */
  close(): void;
}

/** Idle processes are ended after so many milliseconds: as long as connections to a registry are kept, so that what an image was sent in between is no reason to begin anew. */
const IDLE_TIMEOUT = 20_000;

const readers = new Map<string, ObjectReader>();

/** The objects that git sees at a place. Shared by everybody in this process who asks there; nothing of it keeps the process alive. */
export function objectReader(context: GitContext): ObjectReader {
  const key = readerKey(context);
  const existing = readers.get(key);
  if (existing) return existing;
  const asked = batchProcesses(context);
  let idle: NodeJS.Timeout | undefined;
  const objects: ObjectReader = {
    info: (names) => used(asked.ask('info', names)),
    read: (names) => used(asked.ask('contents', names)) as Promise<(GitObject | undefined)[]>,
    start() {
      try {
        asked.begin();
      } catch {
        // Said to whoever asks.
      }
      rest();
    },
    close() {
      clearTimeout(idle);
      // Somebody may have opened it anew since.
      if (readers.get(key) === objects) readers.delete(key);
      asked.end();
    },
  };
  let asking = 0;
  const rest = (): void => {
    clearTimeout(idle);
    if (asking === 0) idle = setTimeout(objects.close, IDLE_TIMEOUT).unref();
  };
  const used = async <T>(work: Promise<T>): Promise<T> => {
    asking += 1;
    clearTimeout(idle);
    return work.finally(() => {
      asking -= 1;
      rest();
    });
  };
  readers.set(key, objects);
  return objects;
}

/** Ends whatever reads below a folder, which is about to be replaced or removed. */
export function closeObjectReaders(dir: string): void {
  for (const [key, objects] of readers) if (key.includes(JSON.stringify(dir).slice(1, -1))) objects.close();
}

/** A folder that was made anew under the same name is another place. */
function readerKey({ cwd, env, config }: GitContext): string {
  return JSON.stringify([cwd, inodeOf(cwd), env, config, process.env.PATH]);
}

function inodeOf(dir: string): number | undefined {
  try {
    return fs.statSync(dir).ino;
  } catch {
    // git says why it cannot work there.
    return undefined;
  }
}

/** What is asked of an object. Also the words of `git cat-file --batch-command`. */
type BatchCommand = 'info' | 'contents';

interface PendingRequest {
  command: BatchCommand;
  resolve(found: ObjectInfo | GitObject | undefined): void;
  reject(error: Error): void;
}

interface BatchProcess {
  git: Session;
  pending: PendingRequest[];
}

/** One process that answers both questions, from this git on. */
const BATCH_COMMAND = '--batch-command';
const BATCH_COMMAND_VERSION = [2, 36] as const;

async function supportsBatchCommand(): Promise<boolean> {
  const [major, minor] = await requireGit();
  return major > BATCH_COMMAND_VERSION[0] || (major === BATCH_COMMAND_VERSION[0] && minor >= BATCH_COMMAND_VERSION[1]);
}

/** Each is started with the first question that it answers, unless it was begun before. Answers come in the order of the questions. */
function batchProcesses(context: GitContext) {
  const current = new Map<string, BatchProcess>();
  const begin = (mode: string): BatchProcess => {
    const pending: PendingRequest[] = [];
    const onData = responseParser(
      () => pending[0]?.command === 'contents',
      (found) => {
        pending.shift()?.resolve(found);
        if (pending.length === 0) git.keepAlive(false);
      },
    );
    const git = openSession('git', ['cat-file', mode], { cwd: context.cwd, env: gitEnvironment(context) }, onData);
    const batch: BatchProcess = { git, pending };
    current.set(mode, batch);
    void git.ended.then((why) => {
      if (current.get(mode) === batch) current.delete(mode);
      const [problem] = why.problems;
      const failure = new KdcubeError({ ...problem!, message: redactUrls(problem!.message) }, { cause: why });
      for (const { reject: fail } of pending.splice(0)) fail(failure);
    });
    return batch;
  };
  return {
    begin(): void {
      // Before anybody knows whether this git can: one that cannot ends, and nobody waits for it.
      if (!current.has(BATCH_COMMAND)) begin(BATCH_COMMAND).git.keepAlive(false);
    },
    async ask(verb: BatchCommand, names: readonly string[]): Promise<(ObjectInfo | GitObject | undefined)[]> {
      if (names.length === 0) return [];
      const both = await supportsBatchCommand();
      const mode = both ? BATCH_COMMAND : verb === 'info' ? '--batch-check' : '--batch';
      const { git, pending } = current.get(mode) ?? begin(mode);
      git.keepAlive(true);
      const answers = names.map(
        () =>
          new Promise<ObjectInfo | undefined>(
            (answer, fail) => void pending.push({ command: verb, resolve: answer, reject: fail }),
          ),
      );
      git.write(names.map((name) => `${both ? `${verb} ` : ''}${name}\n`).join(''));
      return Promise.all(answers);
    },
    end(): void {
      for (const { git } of current.values()) git.end();
      current.clear();
    },
  };
}

/** Cuts what `cat-file` says into answers. */
function responseParser(
  isWithContent: () => boolean,
  answer: (found: ObjectInfo | GitObject | undefined) => void,
): (chunk: Buffer) => void {
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
      const withContent = info !== undefined && isWithContent();
      const next = end + 1 + (withContent ? info.size + 1 : 0);
      wanted = next;
      if (rest.length < next) break;
      // A copy: what is kept of it must not keep the whole chunk.
      answer(withContent ? { ...info, content: Buffer.from(rest.subarray(end + 1, next - 1)) } : info);
      rest = rest.subarray(next);
    }
    parts = [rest];
    length = rest.length;
  };
}
