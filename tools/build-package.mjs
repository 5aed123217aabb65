// Builds the package of the current folder into dist/: tsc, then what tsc leaves behind (JSON schemas, generator templates).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
fs.rmSync('dist', { recursive: true, force: true });
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
// tsc has said what is wrong: a stack of this script would only hide it.
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.lib.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
copyAssets('src');

function copyAssets(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name);
    const to = path.join('dist', path.relative('src', from));
    if (entry.isDirectory() && entry.name === 'files') fs.cpSync(from, to, { recursive: true });
    else if (entry.isDirectory()) copyAssets(from);
    else if (entry.name.endsWith('.json')) {
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.copyFileSync(from, to);
    }
  }
}
