import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { readRegularFile } from './read-file';
import { type Sandbox, sandbox } from '../../../testing/git-kit';

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

const at = (name: string) => path.join(box.dir, name);

it('reads a file up to its limit', () => {
  for (const size of [0, 1, 10, 64 * 1024, 200_000]) {
    const content = Buffer.alloc(size, 'x');
    fs.writeFileSync(at('file'), content);
    expect(readRegularFile(at('file'), size)).toEqual({
      kind: 'content',
      bytes: content,
      modifiedAt: fs.statSync(at('file')).mtimeMs,
    });
    if (size > 0) expect(readRegularFile(at('file'), size - 1)).toEqual({ kind: 'too-large', size });
  }
  fs.symlinkSync('file', at('link'));
  expect(readRegularFile(at('link'), 1_000_000)).toMatchObject({ kind: 'content' });
});

it('does not read a huge file', () => {
  fs.writeFileSync(at('huge'), '');
  fs.truncateSync(at('huge'), 10 * 1024 ** 4);
  expect(readRegularFile(at('huge'), 1000)).toEqual({ kind: 'too-large', size: 10 * 1024 ** 4 });
});

it('limits a file that is larger than its reported size', () => {
  if (!fs.existsSync('/proc/self/status')) return;
  expect(readRegularFile('/proc/self/status', 100)).toEqual({ kind: 'too-large', size: 101 });
  expect(readRegularFile('/proc/self/status', 100_000)).toMatchObject({ kind: 'content' });
});

it('a missing file is missing, even below a file', () => {
  fs.writeFileSync(at('file'), '');
  for (const name of ['no', 'file/no', 'no/no']) expect(readRegularFile(at(name), 10)).toEqual({ kind: 'missing' });
});

it('anything but a file is unreadable, without waiting for a writer', async () => {
  fs.mkdirSync(at('folder'));
  spawnSync('mkfifo', [at('fifo')]);
  fs.symlinkSync('loop', at('loop'));
  const server = net.createServer().listen(at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  const reasons = ['folder', 'fifo', 'loop', 'socket'].map((name) => readRegularFile(at(name), 10));
  server.close();
  expect(reasons).toEqual(
    ['it is a folder', 'it is a FIFO', 'it is a symbolic link to itself', 'it is a socket or a device'].map((reason) => ({
      kind: 'unreadable',
      reason,
    })),
  );
  expect(readRegularFile('/dev/zero', 10)).toEqual({ kind: 'unreadable', reason: 'it is a device or a socket' });
});

(process.getuid?.() === 0 ? it.skip : it)('what this user may not read is unreadable', () => {
  fs.writeFileSync(at('file'), '', { mode: 0o000 });
  expect(readRegularFile(at('file'), 10)).toEqual({ kind: 'unreadable', reason: 'this user may not read it' });
});
