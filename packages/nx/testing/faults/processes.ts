// docker-push in processes of its own: as on two machines, and with a limit on what it may need.
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Ended } from './kit';

export interface PushProcess {
  /** Lets it begin, and waits for its end. `peak`: the most memory that it had, in bytes. */
  go(): Promise<Ended & { peak: number }>;
}

/** Starts it, up to where everything is loaded. `cache`: its own, as on another machine. */
export async function startPush(where: {
  root: string;
  registry: string;
  platform: string;
  cache: string;
}): Promise<PushProcess> {
  const args = [path.join(__dirname, 'push-process.cjs'), where.root, where.registry, where.platform];
  const env = { ...process.env, NODE_OPTIONS: '', KDCUBE_CACHE_DIR: where.cache };
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<never>((_, reject) =>
    child.once('close', (code) => reject(new Error(`it ended with ${code}\n${stderr}`))),
  );
  ended.catch(() => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await Promise.race([lines.next(), ended])).value as string;
  if ((await next()) !== 'ready') throw new Error(stderr);
  return {
    async go() {
      child.stdin.write('go\n');
      return JSON.parse(await next()) as Ended & { peak: number };
    },
  };
}
