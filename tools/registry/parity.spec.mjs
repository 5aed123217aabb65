import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { start } from './registry.mjs';
import { runScenario } from './scenario.mjs';

const engine = path.join(import.meta.dirname, '../engine/engine.sh');

/** The address of the real registry that the test engine runs, or undefined. */
function realRegistry() {
  try {
    return /^KD_REGISTRY=(.+)$/m.exec(
      execFileSync('bash', [engine, 'env'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )?.[1];
  } catch {
    return undefined;
  }
}

const real = realRegistry();
const when = real || process.env.KD_REQUIRE_ENGINE === '1' ? test : test.skip;

when('the double answers as a real registry does (needs the test engine: tools/engine/engine.sh up)', async () => {
  const name = `parity/${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  const double = await start();
  try {
    expect(await runScenario(double.url, name)).toEqual(await runScenario(`http://${real}`, name));
  } finally {
    await double.close();
  }
});
