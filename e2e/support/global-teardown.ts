import fs from 'node:fs';
import path from 'node:path';

/** Ends the npm registry, if a suite started it, and removes the run's folder. KD_E2E_KEEP=1 keeps the folder to look at. */
export default async function teardown(): Promise<void> {
  const folder = process.env.KD_E2E_RUN!;
  // verdaccio.mjs ends itself when this file is gone.
  fs.rmSync(path.join(folder, 'npm', 'running'), { force: true });
  if (process.env.KD_E2E_KEEP === '1') console.log(`kept: ${folder}`);
  else fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
