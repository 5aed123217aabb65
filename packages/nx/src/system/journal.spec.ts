import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { cacheDir, removeDir, replaceDir, writeFileAtomic } from './files/files';
import { carryOut, recordEffect, recordUnconfirmed, withJournal } from './journal';

const problem = (code: 'registry-denied' | 'registry-unreachable') => new KdcubeError({ code, message: 'No.' });
const tag = (reference: string) => ({ kind: 'tag', repository: 'r.example/a', digest: 'sha256:1', reference }) as const;

test('a command without an effect has changed nothing', async () => {
  expect(await withJournal('/w', async (describe) => describe())).toBe('No file, image, tag or service was changed.');
});

test('effects are confirmed, refused, or neither', async () => {
  const text = await withJournal('/w', async (describe) => {
    await carryOut(tag('a'), async () => 'written');
    await carryOut(
      tag('b'),
      async () => 'immutable',
      (how) => how === 'written',
    );
    await carryOut(tag('c'), () => Promise.reject(problem('registry-denied'))).catch(() => undefined);
    await carryOut(tag('d'), () => Promise.reject(problem('registry-unreachable'))).catch(() => undefined);
    await carryOut(tag('e'), () => Promise.reject(new Error('a bug'))).catch(() => undefined);
    return describe();
  });
  expect(text).toBe(
    'Already done: tagged r.example/a@sha256:1 as a. Unconfirmed: tagged r.example/a@sha256:1 as d, e. Nothing else was changed.',
  );
});

test('a request that is still running is not confirmed', async () => {
  const text = await withJournal('/w', async (describe) => {
    void carryOut(tag('a'), () => new Promise(() => undefined));
    return describe();
  });
  expect(text).toBe('Unconfirmed: tagged r.example/a@sha256:1 as a. Nothing else was changed.');
});

test('counts blobs, and does not call an image by digest a tag', async () => {
  const text = await withJournal('/w', async (describe) => {
    recordEffect({ kind: 'blob', repository: 'r.example/a' });
    recordEffect({ kind: 'blob', repository: 'r.example/a' });
    recordEffect({ kind: 'blob', repository: 'r.example/b' });
    recordEffect(tag('sha256:1'));
    return describe();
  });
  expect(text).toBe(
    'Already done: uploaded 2 blobs to r.example/a; uploaded 1 blob to r.example/b; pushed r.example/a@sha256:1. Nothing else was changed.',
  );
});

test('a rollout’s own description of its services replaces the calls to ECS, and nothing else', async () => {
  const text = await withJournal('/w', async (describe) => {
    recordEffect({ kind: 'ecs', text: 'updated proc to proc:2' });
    expect(describe()).toBe('Already done: updated proc to proc:2. Nothing else was changed.');
    expect(describe('proc runs proc:1 (as before).')).toBe('proc runs proc:1 (as before).');
    recordEffect({ kind: 'file', verb: 'wrote', file: '/w/dist/x' });
    return describe('proc runs proc:1 (as before).');
  });
  expect(text).toBe('proc runs proc:1 (as before). Already done: wrote dist/x.');
});

test('two commands in one process do not see each other’s effects', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const run = (name: string) =>
    withJournal('/w', async (describe) => {
      recordEffect({ kind: 'other', text: `built ${name}` });
      await gate;
      recordEffect({ kind: 'other', text: `loaded ${name}` });
      return describe();
    });
  const both = Promise.all([run('a'), run('b')]);
  release();
  expect(await both).toEqual(['a', 'b'].map((name) => `Already done: built ${name}; loaded ${name}. Nothing else was changed.`));
});

test('an effect includes its smaller parts', async () => {
  const text = await withJournal('/w', async (describe) => {
    await carryOut({ kind: 'other', text: 'wrote the record' }, async () => recordEffect(tag('a')));
    return describe();
  });
  expect(text).toBe('Already done: wrote the record. Nothing else was changed.');
});

test('the parts of a refused effect stay', async () => {
  const text = await withJournal('/w', async (describe) => {
    const work = async () => {
      await carryOut(tag('a'), async () => 'written');
      await carryOut(tag('b'), () => Promise.reject(problem('registry-unreachable'))).catch(() => undefined);
      throw problem('registry-denied');
    };
    await carryOut({ kind: 'other', text: 'wrote the record' }, work).catch(() => undefined);
    return describe();
  });
  expect(text).toBe(
    'Already done: tagged r.example/a@sha256:1 as a. Unconfirmed: tagged r.example/a@sha256:1 as b. Nothing else was changed.',
  );
});

test('an effect that the server accepted is not refused by what comes after it', async () => {
  const text = await withJournal('/w', async (describe) => {
    const work = async () => {
      recordUnconfirmed(tag('a'));
      throw problem('registry-denied');
    };
    await carryOut(tag('a'), work).catch(() => undefined);
    return describe();
  });
  expect(text).toBe('Unconfirmed: tagged r.example/a@sha256:1 as a. Nothing else was changed.');
});

describe('files', () => {
  const before = process.env.KDCUBE_CACHE_DIR;
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-journal-'));
    process.env.KDCUBE_CACHE_DIR = path.join(root, 'cache');
  });
  afterEach(() => {
    fs.rmSync(root, { recursive: true, force: true });
    process.env.KDCUBE_CACHE_DIR = before;
    if (before === undefined) delete process.env.KDCUBE_CACHE_DIR;
  });

  test('a file is recorded when it has its name; what is inside a folder, temporary, or in the cache is not', async () => {
    const text = await withJournal(root, async (describe) => {
      await replaceDir(path.join(root, 'dist/a'), async (dir) => {
        await writeFileAtomic(path.join(dir, 'x'), 'x');
        expect(describe()).toBe('No file, image, tag or service was changed.');
      });
      await writeFileAtomic(cacheDir('y'), 'y');
      await writeFileAtomic(path.join(root, 'b'), 'b'.repeat(300_000));
      await writeFileAtomic(path.join(root, 'b/c'), 'c').catch(() => undefined);
      await removeDir(path.join(root, 'dist/a'));
      await removeDir(path.join(root, 'dist/none'));
      await writeFileAtomic(path.join(root, '../kd-journal-outside'), '');
      return describe();
    });
    fs.rmSync(path.join(root, '../kd-journal-outside'));
    expect(text).toBe(
      `Already done: wrote dist/a; wrote b; removed dist/a; wrote ${path.join(root, '../kd-journal-outside')}. Nothing else was changed.`,
    );
  });
});
