// The bench's own engine and registry: pruning it removes no other images, and no other work is measured.
import net from 'node:net';
import path from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { root } from '../setup.mjs';

const SCRIPT = path.join(root, 'tools/engine/engine.sh');

/** Starts both, in a folder of their own. Returns { env, registry, down() }; undefined, with the reason on stderr, if this machine cannot run them. */
export async function startEngine(dir) {
  const env = { ...process.env, KD_ENGINE_DIR: dir };
  const call = (command) => spawnSync('bash', [SCRIPT, command], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  // The default port is left to the default registry.
  const placeholder = net.createServer();
  await new Promise((resolve) => placeholder.once('error', resolve).listen(5000, '127.0.0.1', resolve));
  const up = call('up');
  placeholder.close();
  if (up.status !== 0) return undefined;
  const output = execFileSync('bash', [SCRIPT, 'env'], { env, encoding: 'utf8' });
  const values = Object.fromEntries(
    output
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const { KD_REGISTRY: registry, KD_PYTHON_ROOT: _, ...client } = values;
  return { env: client, registry, started: up.stdout.includes('started'), down: () => void call('down') };
}
