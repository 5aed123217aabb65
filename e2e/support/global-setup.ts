import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { COMPILE_CACHE } from './once';

/** Creates the temporary folder of the run, which contains everything that the suites share (see once.ts). */
export default function setup(): void {
  process.env.KD_E2E_RUN = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-e2e-')));
  process.env.KD_E2E_PID = String(process.pid);
  fs.copyFileSync(path.join(__dirname, '../../tools/testing', COMPILE_CACHE), path.join(process.env.KD_E2E_RUN, COMPILE_CACHE));
}
