import * as fs from 'node:fs';
import * as path from 'node:path';
import { sandbox, type Sandbox } from '../../../testing/git-kit';
import { readSealedFile, writeSealedFile } from './sealed-file';

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

/** Another user, machine or container: its own state folder. */
const elsewhere = () => void (process.env.XDG_STATE_HOME = box.folder('state'));
const keyFile = () => path.join(process.env.XDG_STATE_HOME!, 'kdcube/cache-key');

it('can be read only by the user who wrote it', async () => {
  elsewhere();
  const here = process.env.XDG_STATE_HOME;
  const file = path.join(box.dir, 'entry');
  await writeSealedFile(file, 'a', 'content');
  expect(readSealedFile(file, 'a')?.toString()).toBe('content');
  elsewhere();
  expect(readSealedFile(file, 'a')).toBeUndefined();
  process.env.XDG_STATE_HOME = here;
  expect(readSealedFile(file, 'a')?.toString()).toBe('content');
});

it.each([
  ['another name', (file: string) => file, 'b'],
  ['an edited byte', edit((bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')])), 'a'],
  ['an edited MAC', edit((bytes) => Buffer.concat([Buffer.alloc(32), bytes.subarray(32)])), 'a'],
  ['content without a MAC', edit(() => Buffer.from('content')), 'a'],
  ['half a MAC', edit((bytes) => bytes.subarray(0, 16)), 'a'],
  ['nothing', edit(() => Buffer.alloc(0)), 'a'],
])('does not count with %s', async (_, change, name) => {
  elsewhere();
  const file = path.join(box.dir, 'entry');
  await writeSealedFile(file, 'a', 'content');
  expect(readSealedFile(change(file), name)).toBeUndefined();
});

it('replaces a key that others can read', async () => {
  elsewhere();
  const file = path.join(box.dir, 'entry');
  fs.mkdirSync(path.dirname(keyFile()), { recursive: true });
  fs.writeFileSync(keyFile(), Buffer.alloc(32), { mode: 0o644 });
  await writeSealedFile(file, 'a', 'content');
  expect(readSealedFile(file, 'a')?.toString()).toBe('content');
  expect(fs.readFileSync(keyFile()).equals(Buffer.alloc(32))).toBe(false);
  expect(fs.statSync(keyFile()).mode & 0o777).toBe(0o600);
});

it('follows no link to a key', async () => {
  elsewhere();
  const known = path.join(box.dir, 'known-to-others');
  fs.writeFileSync(known, Buffer.alloc(32), { mode: 0o600 });
  fs.mkdirSync(path.dirname(keyFile()), { recursive: true });
  fs.symlinkSync(known, keyFile());
  await writeSealedFile(path.join(box.dir, 'entry'), 'a', 'content');
  expect(fs.lstatSync(keyFile()).isSymbolicLink()).toBe(false);
  expect(fs.readFileSync(keyFile()).equals(Buffer.alloc(32))).toBe(false);
});

it.each(['/dev/null/nowhere', '/proc/1/nowhere'])('works within this process if no key can be stored: %s', async (place) => {
  process.env.XDG_STATE_HOME = place;
  const file = path.join(box.dir, 'entry');
  await writeSealedFile(file, 'a', 'content');
  expect(readSealedFile(file, 'a')?.toString()).toBe('content');
});

function edit(change: (bytes: Buffer) => Buffer): (file: string) => string {
  return (file) => {
    fs.writeFileSync(file, change(fs.readFileSync(file)));
    return file;
  };
}
