import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A remote cache of Nx in this process, whose requests can be looked at. */
export interface CacheServer {
  url: string;
  /** What it keeps, by hash. */
  entries: Map<string, Buffer>;
  /** `GET <hash> 404`, in the order of their ends. */
  journal: string[];
  close(): Promise<void>;
}

export async function cacheServer(tokens: { token: string; reader?: string }): Promise<CacheServer> {
  const tool = path.resolve(__dirname, '../../tools/cache-server.mjs');
  const { start } = (await import(pathToFileURL(tool).href)) as { start: (options: object) => Promise<CacheServer> };
  return start(tokens);
}
