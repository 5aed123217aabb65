// npm run test:long [-- --write [jest's own arguments]]: e2e/way-in.spec.ts with every kind of folder and every package manager, and a table of what it took.
// `--write` puts the table into docs/getting-started.md.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withPart } from './printed-parts.mjs';
import { nxEnv, root, showBin } from './setup.mjs';

const write = process.argv.includes('--write');
const args = process.argv.slice(2).filter((arg) => arg !== '--write');
const table = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'way-in-')), 'table.md');
if (showBin('nx', ['run-many', '-t', 'build'], nxEnv) !== 0) process.exit(1);
const jest = ['jest', '-c', 'e2e/jest.config.js', '--testPathPatterns', 'e2e/way-in', ...args];
const env = { ...process.env, ...nxEnv, KD_FULL: '1', KD_WAY_IN: table, NODE_OPTIONS: '--experimental-vm-modules' };
const { status } = spawnSync('npx', jest, { cwd: root, stdio: 'inherit', env });
process.exitCode = status ?? 1;
if (fs.existsSync(table)) {
  const text = fs.readFileSync(table, 'utf8');
  console.log(`\n${text}`);
  const page = path.join(root, 'docs/getting-started.md');
  if (write && status === 0) fs.writeFileSync(page, withPart(fs.readFileSync(page, 'utf8'), 'way in', text.trimEnd()));
}
