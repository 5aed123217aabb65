// Every named failure through the code of docker-push: its output, and the state of the registry afterwards. Generates docs/faults.md.
import dns from 'node:dns';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expectGolden } from '../../../../tools/testing/golden';
import { type Acme, acme } from '../../testing/acme-kit';
import { ACCESS } from '../../testing/faults/access';
import { ANSWERS } from '../../testing/faults/answers';
import { makeBase, putBase } from '../../testing/faults/base';
import { BASES } from '../../testing/faults/bases';
import { type Holds, holds, imageBlobs, readable, withoutWaits } from '../../testing/faults/kit';
import { cutEverywhere, printCuts } from '../../testing/faults/cuts';
import { startPush } from '../../testing/faults/processes';
import type { Row } from '../../testing/faults/row';
import { type Performance, pinBase, stageOf } from '../../testing/faults/stage';
import { FILES, TAGS } from '../../testing/faults/tags';
import { gitSync } from '../../testing/git-kit';
import { closeAfterEach } from '../../testing/push-kit';
import type { ImageJob } from './job';

const PAGE = path.join(__dirname, '../../../../docs/faults.md');
const REPOSITORY = 'acme/proc';
/** The size of a bundle's file, and the memory limit, which is smaller. Bytes. */
const LARGE = process.env.CI ? 200_000_000 : 500_000_000;
const MAX_MEMORY = 250_000_000;
const GROUPS: [title: string, rows: Row[]][] = [
  ['A registry that answers something else', ANSWERS],
  ['Who may', ACCESS],
  ['Bases', BASES],
  ['Tags', TAGS],
  ['Files and lines', FILES],
];

let ours: Acme;
let own: { digest: string; other: string };
const mocks: jest.SpyInstance[] = [];
/** Further sections of the page. */
const more: string[] = [];
const results = new Map<string, { cells: string[]; text: string }>();

closeAfterEach();
beforeAll(async () => {
  ours = await acme();
  const lookup = dns.lookup as (...all: unknown[]) => void;
  const local = (host: string, ...rest: unknown[]): void => lookup(host === 'registry.example' ? '127.0.0.1' : host, ...rest);
  mocks.push(withoutWaits(), jest.spyOn(dns, 'lookup').mockImplementation(local as typeof dns.lookup));
  own = { digest: '', other: (await makeBase({ layers: 1 })).manifest.digest };
});
afterAll(async () => {
  for (const mock of mocks) mock.mockRestore();
  await ours.end();
});

/** Plans the image on the row's base, sets up its registries, and calls `work`. */
async function perform<T>(row: Row, work: (stage: Performance) => Promise<T>): Promise<T> {
  const base = await (row.base ?? makeBase)();
  pinBase(ours, (row.pinned?.(base) ?? base.manifest).digest, row.dockerfile);
  return ours.job(async (job: ImageJob) => work(await stageOf(ours, row, job, gitSync(ours.root, 'rev-parse', 'HEAD'))));
}

/** Runs the row, and then a push without the fault. */
async function play(row: Row): Promise<void> {
  await perform(row, async (stage) => {
    const ended = await stage.run();
    expect({ ends: ended.ends, lines: ended.lines }).toEqual({ ends: row.ends, lines: ended.lines });
    expect(ended.lines.join('\n')).not.toMatch(/her-password|YW5uOmhlci1wYXNzd29yZA/);
    const before = holds(stage.registry.dir, REPOSITORY);
    const more = row.after?.(stage, ended) ?? [];
    const next = await again(row, stage, before);
    const count = next.total === undefined ? `${before.blobs.size} blobs` : `${next.existing} of its ${next.total} blobs`;
    const after = `${tagsOf(before, stage)}, ${row.partly ? 'some of its blobs' : count}`;
    const names = {
      [stage.registry.host]: 'registry.example',
      [stage.registry.host.replace('127.0.0.1', 'registry.example')]: 'registry.example',
      [stage.platform.host]: 'platform.example',
      [stage.other.host]: 'other.example',
      [ours.root]: '…',
      [process.env.KDCUBE_CACHE_DIR!]: '<cache>',
      ...digests(stage),
    };
    const text = readable(ended.lines, names);
    if (row.partly)
      text[text.length - 1] = text
        .at(-1)!
        .replace(
          /^1 problem\. .*/,
          '1 problem. Already done: uploaded some blobs to registry.example/acme/proc. Nothing else was changed.',
        );
    results.set(row.what, {
      cells: [`\`${ended.ends}\``, after, next.summary],
      text: section(row, text, [...more, `The registry afterwards: ${after}. The next run: ${next.summary}.`]),
    });
  });
}

/** The next run succeeds after a failure and uploads only the missing blobs; after a success it uploads nothing. */
async function again(
  row: Row,
  stage: Performance,
  before: Holds,
): Promise<{ summary: string; existing?: number; total?: number }> {
  if (!row.stays) stage.registry.faults = stage.platform.faults = undefined;
  stage.registry.journal.length = 0;
  const ended = await stage.run();
  if (row.stays) {
    expect([ended.ends, ended.lines]).toEqual([row.ends, ended.lines]);
    return { summary: 'the same' };
  }
  expect([['pushed', 'reused'].includes(ended.ends), ended.lines]).toEqual([true, ended.lines]);
  const now = holds(stage.registry.dir, REPOSITORY);
  const all = imageBlobs(stage.registry.dir, REPOSITORY, now.tags[stage.key]!);
  const sent = uploads(stage);
  expect(sent.sort()).toEqual(all.filter((digest) => !before.blobs.has(digest)).sort());
  if (row.ends === 'pushed' || row.ends === 'reused') expect([ended.ends, sent]).toEqual(['reused', []]);
  const what = row.partly
    ? 'sends the rest'
    : ended.ends === 'reused'
      ? 'reuses it'
      : sent.length > 0
        ? `sends the other ${sent.length}`
        : 'sends no blob, sets the tags';
  return { summary: what, existing: all.filter((digest) => before.blobs.has(digest)).length, total: all.length };
}

/** The blobs that were uploaded. */
function uploads({ registry }: Performance): string[] {
  const done = registry.journal as unknown as { method: string; kind: string; status: number; query: { digest?: string } }[];
  return done
    .filter(({ method, kind, status }) => method === 'PUT' && kind === 'upload' && status === 201)
    .map(({ query }) => query.digest!);
}

function tagsOf({ tags }: Holds, stage: Performance): string {
  const names = digests(stage);
  const kind = (tag: string): string =>
    tag === stage.key ? '`c-<key>`' : tag === 'customer-main' ? '`customer-main`' : '`customer-<commit>`';
  const images = [...new Set(Object.values(tags))].map(
    (digest) => [digest, Object.keys(tags).filter((tag) => tags[tag] === digest)] as const,
  );
  if (images.length === 0) return 'no tag';
  return images
    .map(
      ([digest, all]) =>
        `${[...new Set(all.map(kind))].sort().join(', ')} → ${(names[digest] ?? 'this image').replace(/^sha256:(.*)-image$/, '$1 image')}`,
    )
    .sort()
    .join('; ');
}

function digests(stage: Performance): Record<string, string> {
  return {
    [own.other]: 'sha256:another-image',
    [stage.base.manifest.digest]: 'sha256:base',
    ...(own.digest && { [own.digest]: 'sha256:this-image' }),
  };
}

function section({ what }: Row, lines: readonly string[], facts: readonly string[]): string {
  return [`### ${what[0]!.toUpperCase()}${what.slice(1)}`, ['```text', ...lines, '```'].join('\n'), ...facts].join('\n\n');
}

it('an image that is pushed without any failure', async () => {
  const row: Row = { what: 'nothing', ends: 'pushed' };
  await perform(row, async (stage) => {
    own.digest = (await stage.run()).receipt!.digest;
    expect(holds(stage.registry.dir, REPOSITORY)).toMatchObject({ tags: { [stage.key]: own.digest } });
  });
});

for (const [title, rows] of GROUPS) {
  describe(title, () => {
    for (const row of rows) it(`${row.what}: ${row.ends}`, () => play(row));
  });
}

describe('whole pushes', () => {
  it.each([
    ['cut', 'The line goes dead before a request arrives'],
    ['lost', 'The line goes dead before an answer arrives'],
  ] as const)(
    '%s at every single request: never a tag without its blobs, and the next run uploads only the rest',
    async (how, title) => {
      await perform({ what: '', ends: 'pushed' }, async (stage) => {
        await putBase(stage.registry.host, 'kdcube-chat-proc', stage.base);
        const facts = await cutEverywhere(stage.job, ours.root, stage.registry, how);
        expect(new Set(facts.map(({ at }) => at))).toEqual(new Set(['question', 'mount', 'upload', 'bytes', 'key', 'tag']));
        for (const { ends, tags, next, after } of facts) {
          // The key's tag is set first: an image is looked up by it.
          const keyComesFirst = tags.length === 0 || tags.includes('key');
          expect([ends, keyComesFirst]).toEqual([expect.stringMatching(/^registry-(unreachable|response)$/), true]);
          expect([next, after]).toEqual([tags.length === 0 ? 'pushed' : 'reused', ['commit', 'key', 'main']]);
        }
        more.push(printCuts(title, facts));
      });
    },
  );

  it.each([
    ['tags that move', {}],
    ['tags that stay', { immutable: true }],
  ])('two processes, as on two machines, push one tag at once: %s', async (what, registry) => {
    await perform({ what: '', ends: 'pushed', registry }, async (stage) => {
      const where = { root: ours.root, registry: `${stage.registry.host}/acme`, platform: stage.platform.host };
      const both = await Promise.all([1, 2].map((count) => startPush({ ...where, cache: ours.box.folder(`cache-${count}`) })));
      const ended = await Promise.all(both.map((each) => each.go()));
      expect(ended.map(({ receipt, lines }) => [receipt?.digest, lines])).toEqual(ended.map(({ lines }) => [own.digest, lines]));
      const { tags } = holds(stage.registry.dir, REPOSITORY);
      expect(new Set(Object.values(tags))).toEqual(new Set([own.digest]));
      expect(Object.keys(tags)).toHaveLength(3);
      more.push(
        `### Two pushes of one tag at once, in two processes with caches of their own: ${what}\n\nBoth end well, with one digest: ${tagsOf({ tags, blobs: new Set() }, stage)}.`,
      );
    });
  });

  it(`a bundle’s file of ${LARGE / 1e6} MB is not read into memory`, async () => {
    const file = path.join(ours.root, 'bundles/here@1-0/large.bin');
    await perform({ what: '', ends: 'pushed' }, async (stage) => {
      fs.writeFileSync(file, 'not only zeros');
      fs.truncateSync(file, LARGE);
      try {
        const where = { root: ours.root, registry: `${stage.registry.host}/acme`, platform: stage.platform.host };
        const { ends, lines, receipt, peak } = await (await startPush({ ...where, cache: ours.box.folder('cache-3') })).go();
        expect([ends, lines]).toEqual(['pushed', lines]);
        expect(imageBlobs(stage.registry.dir, REPOSITORY, receipt!.digest)).toHaveLength(6);
        expect(peak).toBeLessThan(MAX_MEMORY);
      } finally {
        fs.rmSync(file);
      }
    });
    more.push(
      '### A bundle’s file of 500 MB\n\nIt is read, packed and sent in pieces: the process never has more than 250 MB, Node itself and the compiler of these sources included. (Where the variable CI is set, the file has 200 MB: packing takes its time.)',
    );
  });
});

it('docs/faults.md shows all of them', () => {
  const groups = GROUPS.map(([title, rows]) => {
    const table = rows.map(({ what }) => `| ${[what, ...results.get(what)!.cells].join(' | ')} |`);
    const head = ['| what happens | ends in | the registry afterwards | the next run |', '| --- | --- | --- | --- |'];
    return [`## ${title}`, [...head, ...table].join('\n'), ...rows.map(({ what }) => results.get(what)!.text)].join('\n\n');
  });
  const intro = [
    '<!-- Printed by packages/nx/src/images/faults.spec.ts: run it with KD_UPDATE=1. -->',
    '# What goes wrong, and what becomes of it',
    'Every row is a docker-push against a real HTTP server that fails in this way. After each, no tag is there without its manifest, its config and all of its layers, whose bytes are hashed again.',
  ];
  expectGolden(PAGE, `${[...intro, ...groups, '## Whole pushes', ...more].join('\n\n')}\n`);
});
