import * as fs from 'node:fs';
import { LIMITS } from '@kdcube/release/internal';
import { type GitContext } from './environment';
import { batchProcesses, type ObjectInfo, type GitObject } from './cat-file';
import { recentValues } from '../system/recent-values';

/** Reads objects of one store through a running git process: starting git for each object would take longer than reading it. */
export interface ObjectReader {
  /** The object that each name (an id, or an expression without a line end) refers to; undefined if there is none. */
  info(names: readonly string[]): Promise<(ObjectInfo | undefined)[]>;
  /** The same with the whole content, for objects that are known to be small. */
  read(names: readonly string[]): Promise<(GitObject | undefined)[]>;
  /** Starts the process, so that the first request need not wait for it. Errors are reported to the first request. */
  start(): void;
  /** Ends the processes. The next request starts new ones. */
  close(): void;
}

/** Ends idle processes. Milliseconds. As long as connections to a registry are kept alive, so that an upload in between does not restart git. */
const IDLE_TIMEOUT = 20_000;

const readers = new Map<string, ObjectReader>();

/** The number of cached objects: as many as a bundle may have files. */
const MAX_REMEMBERED = LIMITS.treeEntries.max;

/** The objects that git sees at a place. The reader is shared within this process, and does not keep the process alive. */
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
        // Only an id always names the same object.
        if (info?.oid === name) infos.set(name, info);
      });
      return names.map((name) => remembered.get(name));
    },
    read: (names) => used(asked.ask('contents', names)) as Promise<(GitObject | undefined)[]>,
    start() {
      try {
        asked.begin();
      } catch {
        // The next request reports the error.
      }
      rest();
    },
    close() {
      clearTimeout(idle);
      // Another caller may have opened a new reader since.
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

/** Closes all readers below a folder that is about to be replaced or removed. */
export function closeObjectReaders(dir: string): void {
  for (const [key, objects] of readers) if (key.includes(JSON.stringify(dir).slice(1, -1))) objects.close();
}

/** A folder that was recreated under the same name is another place. */
function readerKey({ cwd, env, config }: GitContext): string {
  return JSON.stringify([cwd, inodeOf(cwd), env, config, process.env.PATH]);
}

function inodeOf(dir: string): number | undefined {
  try {
    return fs.statSync(dir).ino;
  } catch {
    // The git command reports why it cannot work there.
    return undefined;
  }
}
