// Builds the three packages, packs each into dist/packages/, and prints the paths of the tarballs, one per line.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensureInstalled, nxEnv, root, showBin } from './setup.mjs';

const PACKAGES = ['release', 'nx', 'create-kdcube'];
/** Of @kdcube/nx, which each CI job installs and loads. Bytes. */
const MAX_UNPACKED = 1_800_000;

ensureInstalled();
if (showBin('nx', ['run-many', '-t', 'build'], nxEnv) !== 0) process.exit(1);

const out = path.join(root, 'dist/packages');
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });
for (const name of PACKAGES) console.log(pack(path.join(root, 'packages', name)));

function pack(folder) {
  const licence = path.join(folder, 'LICENSE');
  fs.copyFileSync(path.join(root, 'LICENSE'), licence);
  try {
    const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [{ filename, unpackedSize }] = JSON.parse(output);
    if (filename.startsWith('kdcube-nx-') && unpackedSize > MAX_UNPACKED)
      throw new Error(`${filename} has ${unpackedSize} bytes unpacked: at most ${MAX_UNPACKED}`);
    return path.join(out, filename);
  } finally {
    // Only the tarball needs it: in the repository one licence is enough.
    fs.rmSync(licence, { force: true });
  }
}
