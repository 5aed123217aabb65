import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { layerContent, makeLayer } from './layer';
import type { TarEntry } from './tar';

let dir: string;
const before = process.env.KDCUBE_CACHE_DIR;
beforeEach(() => (process.env.KDCUBE_CACHE_DIR = dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-layer-'))));
afterEach(() => {
  fs.rmSync(dir, { recursive: true });
  if (before === undefined) delete process.env.KDCUBE_CACHE_DIR;
  else process.env.KDCUBE_CACHE_DIR = before;
});

/** The entries of a layer with one file, and how often they were read. */
function entriesOf(text: string) {
  let reads = 0;
  async function* chunks() {
    yield Buffer.from(text);
  }
  async function* entries(): AsyncGenerator<TarEntry> {
    reads += 1;
    yield { kind: 'file', path: 'a.py', uid: 0, gid: 0, mode: 0o644, size: text.length, chunks: chunks() };
  }
  return { entries, reads: () => reads };
}

it('creates a layer once if two images need it concurrently', async () => {
  const { entries, reads } = entriesOf('A = 1\n');
  const [one, other] = await Promise.all([makeLayer('key', entries), makeLayer('key', entries)]);
  expect([one, one?.isNew, reads()]).toEqual([other, true, 1]);
  expect(await makeLayer('key', entries)).toEqual({ ...one, isNew: false });
  expect(reads()).toBe(1);
});

it('computes the content of a layer once, equal to that of the created layer', async () => {
  const { entries, reads } = entriesOf('A = 1\n'.repeat(50_000));
  const [one, other] = await Promise.all([layerContent('key', entries), layerContent('key', entries)]);
  expect([one, reads()]).toEqual([other, 1]);
  const made = await makeLayer('key', entries);
  expect(one).toEqual({ diffId: made!.diffId, size: made!.plainSize });
});
