// Third-party tools that read images.
import { execFileSync, spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { must } from './run';

const TOOLS = path.resolve(__dirname, '../../tools');

/** The folder of skopeo and umoci: '' if they are on the PATH, undefined if they are not installed. */
const folder = find();

/** Runs skopeo or umoci. */
export async function read(program: 'skopeo' | 'umoci', ...args: string[]): Promise<string> {
  return (await must(path.join(folder ?? '', program), args)).stdout;
}

/** test() with skopeo and umoci. Without them it is skipped, with the reason in its name; with KD_REQUIRE_ENGINE=1 it fails. */
export function testWithReaders(name: string, fn: () => Promise<void>): void {
  if (folder !== undefined) return test(name, fn);
  const how = 'tools/engine/engine.sh install unpacks them';
  if (process.env.KD_REQUIRE_ENGINE !== '1') return test.skip(`${name} (skipped: no skopeo and umoci; ${how})`, () => {});
  test(name, () => {
    throw new Error(`KD_REQUIRE_ENGINE=1, but skopeo and umoci are not installed: ${how}`);
  });
}

/** test() with crane, built from its Go module in the version that the bench uses. Skipped, with the reason, on a machine without Go. */
export function testWithCrane(name: string, fn: (crane: (...args: string[]) => Promise<string>) => Promise<void>): void {
  const { program, why } = crane();
  if (program === '') return test.skip(`${name} (skipped: ${why})`, () => {});
  test(name, () => fn(async (...args) => (await must(program, args)).output));
}

/** Synchronous, because tests are named when the file is loaded. Built once on a machine. */
function crane(): { program: string; why: string } {
  const script = `import { findCrane } from ${JSON.stringify(pathToFileURL(path.join(TOOLS, 'bench/crane.mjs')).href)};
    console.log(findCrane(${JSON.stringify(path.join(cache(), 'crane'))}, console.error) ?? '');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return { program: stdout.trim(), why: stderr.trim().split('\n').at(-1) ?? '' };
}

/** test() with podman, if it is installed. */
export function testWithPodman(name: string, fn: () => Promise<void>): void {
  if (spawnSync('podman', ['--version']).status === 0) return test(name, fn);
  test.skip(`${name} (skipped: there is no podman)`, () => {});
}

function find(): string | undefined {
  if (['skopeo', 'umoci'].every((program) => spawnSync(program, ['--version']).status === 0)) return '';
  try {
    const script = path.join(TOOLS, 'engine/engine.sh');
    return execFileSync('bash', [script, 'readers'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function cache(): string {
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return process.env.KD_ENGINE_DIR || path.join(base, 'kdcube-engine');
}
