import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { transformSync } from '@swc/core';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-load-'));
  const { code } = transformSync(fs.readFileSync(path.join(__dirname, 'load.ts'), 'utf8'), {
    filename: 'load.ts',
    module: { type: 'commonjs' },
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  fs.writeFileSync(path.join(dir, 'load.js'), code);
  fs.mkdirSync(path.join(dir, 'bundles'));
  write('first');
});
afterEach(() => {
  fs.chmodSync(path.join(dir, 'bundles'), 0o755);
  fs.rmSync(dir, { recursive: true });
});

const write = (text: string): void =>
  fs.writeFileSync(
    path.join(dir, 'bundles/it.js'),
    `const path = require('node:path'); exports.say = () => '${text} in ' + path.basename(__dirname);`,
  );
const compiled = (): string[] => fs.readdirSync(path.join(dir, 'bundles')).filter((name) => name !== 'it.js');

/** Loads it in a new process, as Nx does. */
function said(): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['-p', "require('./load.js').load('it').say()"], {
    cwd: dir,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.trim();
}

test('what was compiled is kept for the next process', () => {
  expect(said()).toBe('first in bundles');
  const [file, ...others] = compiled();
  expect([file, others]).toEqual([expect.stringMatching(/^it\.js\.[0-9a-f]{12}-\w+-\d+\.bin$/), []]);
  const { mtimeMs } = fs.statSync(path.join(dir, 'bundles', file!));
  expect(said()).toBe('first in bundles');
  expect(fs.statSync(path.join(dir, 'bundles', file!)).mtimeMs).toBe(mtimeMs);
});

test('a process that fails keeps nothing', () => {
  spawnSync(process.execPath, ['-e', "require('./load.js').load('it').say(); process.exit(130)"], { cwd: dir });
  expect(compiled()).toEqual([]);
});

test('of another text, of the same length too, it is not', () => {
  said();
  write('other');
  expect(said()).toBe('other in bundles');
  expect(compiled()).toHaveLength(2);
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['empty', () => Buffer.alloc(0)],
  ['cut', (bytes) => bytes.subarray(0, bytes.length / 2)],
  ['changed', (bytes) => Buffer.from(bytes).fill(0xff, 100, 200)],
])('a kept file that is %s is made again', (_, damage) => {
  said();
  const file = path.join(dir, 'bundles', compiled()[0]!);
  const bytes = fs.readFileSync(file);
  fs.writeFileSync(file, damage(bytes));
  expect(said()).toBe('first in bundles');
  expect(fs.readFileSync(file).length).toBeGreaterThan(bytes.length / 2);
});

test('where nothing can be written it is loaded all the same, and nothing is left', () => {
  // A folder of the name that would be written: also root cannot.
  said();
  const [file] = compiled();
  fs.rmSync(path.join(dir, 'bundles', file!));
  fs.mkdirSync(path.join(dir, 'bundles', file!));
  expect(said()).toBe('first in bundles');
  expect(compiled()).toEqual([file]);
});
