// The line that goes dead at every single request of a whole docker-push, from the base's manifest to the last tag.
import type { ImageJob } from '../../src/images/job';
import { type Cut, cutter } from '../network-cuts';
import { forgetImages, type Holds, holds, imageBlobs, pushed } from './kit';
import type { StoredRegistry } from './row';

/** The request from which on nothing came through. Reads and tag writes run in parallel, so which of them is first differs from run to run. */
const KINDS = {
  question: 'a read (GET, HEAD)',
  mount: 'a mount',
  upload: 'the opening of an upload',
  bytes: 'the bytes of a blob',
  key: 'the tag `c-<key>`',
  tag: 'a commit tag or branch tag',
} as const;
type Kind = keyof typeof KINDS;

export interface CutFact {
  at: Kind;
  ends: string;
  /** Tags that were there then: `key`, `commit`, `main`. */
  tags: string[];
  /** How the next run ended, and the tags after it. */
  next: string;
  after: string[];
}

/**
 * Pushes once for every request: the line is dead from there on, and comes back for the next run. Fails where a tag is there without its blobs, or where the next run does not end well or sends anything
 * that had arrived.
 */
export async function cutEverywhere(job: ImageJob, root: string, registry: StoredRegistry, how: Cut['how']): Promise<CutFact[]> {
  const line = await cutter(registry.host);
  const { tag: key } = job.plan;
  const push = (name: string) => pushed(job, { root, registry: `${line.host}/${name}`, platform: line.host });
  const forget = (): void => forgetImages(process.env.KDCUBE_CACHE_DIR!);
  forget();
  await push(`${how}/clean`);
  const requests = line.count();
  const facts: CutFact[] = [];
  // A push that takes longer asks for its key once more, and all behind it moves by one: on a busy machine a request may be passed over so. Then all are cut again.
  const isComplete = (): boolean => Object.keys(KINDS).every((kind) => facts.some(({ at }) => at === kind));
  for (let turn = 0; turn < 3 * requests && !(turn % requests === 0 && isComplete()); turn += 1) {
    const index = turn % requests;
    const name = `${how}/${turn}`;
    await line.restart({ how, from: index, to: Infinity });
    forget();
    const first = await push(name);
    const request = line.first();
    await line.restart();
    const before = holds(registry.dir, `${name}/proc`);
    const again = await push(name);
    const now = holds(registry.dir, `${name}/proc`);
    const missing = imageBlobs(registry.dir, `${name}/proc`, now.tags[key]!).filter((digest) => !before.blobs.has(digest));
    if (line.sent().some((digest) => !missing.includes(digest)))
      throw new Error(`${name}: ${line.sent().join(', ')} were sent, and ${missing.join(', ')} were missing`);
    // A run that waited for less than the one before it may be over before its last requests.
    if (request === undefined) continue;
    facts.push({
      at: kindOf(request, key),
      ends: first.ends,
      tags: tagsIn(before, key),
      next: again.ends,
      after: tagsIn(now, key),
    });
  }
  return facts;
}

function kindOf(request: string, key: string): Kind {
  const [method, url] = request.split(' ') as [string, string];
  if (method === 'GET' || method === 'HEAD') return 'question';
  if (/\/manifests\//.test(url)) return url.endsWith(key) ? 'key' : 'tag';
  if (/uploads\/\?mount/.test(url)) return 'mount';
  return method === 'POST' ? 'upload' : 'bytes';
}

function tagsIn({ tags }: Holds, key: string): string[] {
  return Object.keys(tags)
    .map((tag) => (tag === key ? 'key' : tag === 'customer-main' ? 'main' : 'commit'))
    .sort();
}

/** What differs from run to run is said as what it may be; the rest as it was. */
export function printCuts(title: string, facts: readonly CutFact[]): string {
  const lines = Object.entries(KINDS).map(([kind, name]) => {
    const these = facts.filter(({ at }) => at === kind);
    const all = (value: (fact: CutFact) => string): string => [...new Set(these.map(value))].sort().join(' or ');
    const [tags, next] =
      kind === 'question' || kind === 'tag'
        ? ['those that were set before', '`reused` if `c-<key>` was there, else `pushed`; either way the other tags are set']
        : [all((fact) => (fact.tags.length === 0 ? 'none' : '`c-<key>`')), all((fact) => `\`${fact.next}\``)];
    return `| ${[name, all(({ ends }) => `\`${ends}\``), tags, next].join(' | ')} |`;
  });
  const head = ['| dead from | ends in | tags then | the next run |', '| --- | --- | --- | --- |'];
  return [`### ${title}`, [...head, ...lines].join('\n')].join('\n\n');
}
