// moto from PyPI: an independent model of Amazon's services. It stands in for all that `verify` asks but ECS's rollouts.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { venv } from '../../packages/ecs-double/conformance/venv.mjs';

const MOTO = { name: 'moto', wanted: 'moto[server]~=5.2.5', program: 'moto_server' };

/** { server } or { reason, broken? }. */
export function moto() {
  const { folder, ...why } = venv(MOTO);
  return folder ? { server: path.join(folder, 'bin', MOTO.program) } : why;
}

/** Starts it on a free port of this machine: { url, close() }. */
export async function startMoto({ server }) {
  const child = spawn(server, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const onData = (part) => {
      output += part;
      const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(output);
      if (found) resolve(found[1]);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`moto_server ended with ${code}: ${output}`)));
  });
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        process.off('exit', end);
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        end();
      }),
  };
}
