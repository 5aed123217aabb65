import { gitEnvironment, type GitContext } from './environment';
import { openSession, type Session } from '../system/programs/exec';
import { KdcubeError, LIMITS } from '@kdcube/release/internal';
import { redactUrls } from './git';
import { requireGit } from './version';

/** The metadata of an object, without its content. */
export interface ObjectInfo {
  oid: string;
  type: string;
  /** Bytes. */
  size: number;
}

export interface GitObject extends ObjectInfo {
  /** Empty if the object exceeds the limit. */
  content: Buffer;
}

/** Folders and small files are read whole; larger objects are not held in memory. */
const MAX_BYTES = LIMITS.treeObjectBytes.max;

/** What to read of an object. Also the commands of `git cat-file --batch-command`. */
export type BatchCommand = 'info' | 'contents';

interface PendingRequest {
  command: BatchCommand;
  resolve(found: ObjectInfo | GitObject | undefined): void;
  reject(error: Error): void;
}

export interface BatchProcess {
  git: Session;
  pending: PendingRequest[];
}

/** One process for both commands, since git 2.36. */
const BATCH_COMMAND = '--batch-command';

const BATCH_COMMAND_VERSION = [2, 36] as const;

async function supportsBatchCommand(): Promise<boolean> {
  const [major, minor] = await requireGit();
  return major > BATCH_COMMAND_VERSION[0] || (major === BATCH_COMMAND_VERSION[0] && minor >= BATCH_COMMAND_VERSION[1]);
}

/** Starts each process at its first request, unless `begin` has started it. Responses come in the order of the requests. */
export function batchProcesses(context: GitContext) {
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
      // Does not wait for git's version. An older git exits at once, and `ask` starts another mode.
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

/** Splits the output of `cat-file` into responses. */
function responseParser(
  isWithContent: () => boolean,
  answer: (found: ObjectInfo | GitObject | undefined) => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = 1;
  /** The remaining bytes of an object that is too large. They are dropped as they arrive. */
  let dropped = 0;
  return (data) => {
    const chunk = data.subarray(Math.min(dropped, data.length));
    dropped -= data.length - chunk.length;
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
      if (withContent && info.size > MAX_BYTES) {
        answer({ ...info, content: Buffer.alloc(0) });
        const size = info.size + 1;
        rest = rest.subarray(end + 1);
        dropped = Math.max(size - rest.length, 0);
        rest = rest.subarray(Math.min(size, rest.length));
        continue;
      }
      const next = end + 1 + (withContent ? info.size + 1 : 0);
      wanted = next;
      if (rest.length < next) break;
      // A copy: caching it must not keep the whole chunk in memory.
      answer(withContent ? { ...info, content: Buffer.from(rest.subarray(end + 1, next - 1)) } : info);
      rest = rest.subarray(next);
    }
    parts = [rest];
    length = rest.length;
  };
}
