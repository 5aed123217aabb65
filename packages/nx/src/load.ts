import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/** Half of a SHA-256, before what V8 compiled. */
const CHECK = 16;

const loaded = new Map<string, unknown>();

/**
 * Loads one file of `dist/bundles`: everything that a target needs which runs at every change, in one piece. Nx starts a process for it, and looking for two hundred modules and compiling them would cost
 * more than the work. What V8 compiled is kept beside the file for the next process: in the package's own folder, where whoever can write can change the code itself. Where nothing can be written there, it
 * is compiled each time.
 */
export function load<T>(name: string, dir = path.join(__dirname, 'bundles')): T {
  const file = path.join(dir, `${name}.js`);
  if (!loaded.has(file)) loaded.set(file, evaluate(file));
  return loaded.get(file) as T;
}

function evaluate(file: string): unknown {
  const bytes = fs.readFileSync(file);
  // By the text's own hash too: V8 itself looks at no more than its length.
  const compiled = `${file}.${digest(bytes).toString('hex').slice(0, 12)}-${process.arch}-${cachedDataVersionTag()}.bin`;
  const cachedData = readCompiled(compiled);
  // What the bundler writes is ASCII.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${bytes.toString('latin1')}\n})`, {
    filename: file,
    cachedData,
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run.call(module.exports, module.exports, createRequire(file), module, file, path.dirname(file));
  // At the end, when all is compiled that was used. Whoever is stopped in the middle has cleaned up, and must be gone before anything that is still under way undoes that.
  const keep = (exitCode: number): void => {
    if (exitCode === 0) writeCompiled(compiled, script.createCachedData());
  };
  if (!cachedData || script.cachedDataRejected) process.once('exit', keep);
  return module.exports;
}

/** What is half there, or was changed, is as good as nothing: V8 checks little of it. */
function readCompiled(file: string): Buffer | undefined {
  try {
    const bytes = fs.readFileSync(file);
    const data = bytes.subarray(CHECK);
    return digest(data).equals(bytes.subarray(0, CHECK)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function writeCompiled(file: string, data: Buffer): void {
  const beside = `${file}.${process.pid}`;
  try {
    fs.writeFileSync(beside, Buffer.concat([digest(data), data]), { flag: 'wx' });
    fs.renameSync(beside, file);
  } catch {
    // It costs time, and nothing else.
    fs.rmSync(beside, { force: true });
  }
}

function digest(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest().subarray(0, CHECK);
}
