import fs from 'node:fs';
import path from 'node:path';

/** Stops the npm registry, if a suite started it, and removes the run's folder, unless KD_E2E_KEEP=1. */
export default async function teardown(): Promise<void> {
  const folder = process.env.KD_E2E_RUN!;
  // verdaccio.mjs exits when this file is removed.
  fs.rmSync(path.join(folder, 'npm', 'running'), { force: true });
  if (process.env.KD_E2E_KEEP === '1') console.log(`kept: ${folder}`);
  else fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
