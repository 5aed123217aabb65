import { spawn } from 'node:child_process';
import * as path from 'node:path';

const MODULES = ['files/files', 'lock/lock', 'files/cleanup'] as const;

/** Runs a program with the modules `files`, `lock` and `cleanup` in a process of its own, and sends it a signal at its first output, such as that of `forever`. Returns its exit code; null if the signal ended it. */
export async function runAndSignal(program: string, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
  const required = MODULES.map(
    (name) => `const ${path.basename(name)} = require(${JSON.stringify(path.join(__dirname, '../src/system', `${name}.ts`))});`,
  );
  const child = spawn(
    process.execPath,
    [
      '-r',
      path.join(__dirname, 'typescript.cjs'),
      '-e',
      `${required.join('\n')} const fs = require('node:fs');
const forever = () => new Promise(() => { console.log('ready'); setInterval(() => {}, 1000); });
${program}`,
    ],
    { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.kill(signal);
  return new Promise((resolve) => child.once('close', resolve));
}
