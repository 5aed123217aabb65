import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program and resolves to { ms, stdout }; one that fails rejects with what it said. */
export async function run(program, args, { cwd, env } = {}) {
  const startedAt = performance.now();
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [status] = await once(child, 'close');
  const ms = performance.now() - startedAt;
  if (status !== 0)
    throw new Error(
      `${program} ${args.slice(0, 4).join(' ')} … ended with ${status}\n${`${stdout}\n${stderr}`.trim().slice(-3000)}`,
    );
  return { ms, stdout };
}
