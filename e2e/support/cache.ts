import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A remote cache of Nx in this process, with a log of its requests. */
export interface CacheServer {
  url: string;
  /** Its entries, by hash. */
  entries: Map<string, Buffer>;
  /** `GET <hash> 404`, in the order in which the requests ended. */
  journal: string[];
  /** What it answers instead, by the method. */
  fault?: (method: string) => { status: number; content?: string } | 'silence' | undefined;
  close(): Promise<void>;
}

export async function cacheServer(tokens: { token: string; reader?: string }): Promise<CacheServer> {
  const tool = path.resolve(__dirname, '../../tools/cache-server.mjs');
  const { start } = (await import(pathToFileURL(tool).href)) as { start: (options: object) => Promise<CacheServer> };
  return start(tokens);
}
