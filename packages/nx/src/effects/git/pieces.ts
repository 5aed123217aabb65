import { KdcubeError } from '@kdcube/release';

/** A stream of bytes read as lines and as counted pieces, in turn: the form of `git cat-file --batch`. */
export interface Pieces {
  /** The next line without its end. */
  line(): Promise<string>;
  /** The next `count` bytes in chunks. */
  bytes(count: number): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

export function piecesOf(source: AsyncGenerator<Buffer>): Pieces {
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    const next = await source.next();
    if (next.done) throw new KdcubeError({ code: 'command-failed', message: 'git ended in the middle of an answer.' });
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
  };
  const take = (count: number): Buffer => {
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  };
  return {
    async line() {
      while (!rest.includes(10)) await more();
      return take(rest.indexOf(10) + 1)
        .toString('utf8')
        .slice(0, -1);
    },
    async *bytes(count) {
      for (let left = count; left > 0;) {
        if (rest.length === 0) await more();
        const taken = take(Math.min(left, rest.length));
        left -= taken.length;
        yield taken;
      }
    },
    async close() {
      await source.return(undefined);
    },
  };
}
