import * as fs from 'node:fs';
import { LIMITS } from '@kdcube/release/internal';
import { type GitContext } from './environment';
import { batchProcesses, type ObjectInfo, type GitObject } from './cat-file';
import { recentValues } from '../system/recent-values';

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

/** So many objects are remembered: as many as a bundle may have files. */
const MAX_REMEMBERED = LIMITS.treeEntries.max;

/** The objects that git sees at a place. Shared by everybody in this process who asks there; nothing of it keeps the process alive. */
export function objectReader(context: GitContext): ObjectReader {
  const key = readerKey(context);
  const existing = readers.get(key);
  if (existing) return existing;
  const asked = batchProcesses(context);
  let idle: NodeJS.Timeout | undefined;
  const infos = recentValues<ObjectInfo>(MAX_REMEMBERED, () => 1);
  const objects: ObjectReader = {
    async info(names) {
      const remembered = new Map(names.map((name) => [name, infos.get(name)]));
      const unknown = [...remembered.keys()].filter((name) => remembered.get(name) === undefined);
      const found = await used(asked.ask('info', unknown));
      unknown.forEach((name, index) => {
        const info = found[index];
        remembered.set(name, info);
        // Only an id names the same object for good.
        if (info?.oid === name) infos.set(name, info);
      });
      return names.map((name) => remembered.get(name));
    },
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
