// The line that goes dead at every single request of a whole docker-push, from the base's manifest to the last tag.
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ImageJob } from '../../images/job';
import { type Cut, cutter } from '../cut-kit';
import { holds, imageBlobs, pushed } from './kit';
import type { Held } from './row';

export interface CutRow {
  /** The first request that did not come through. */
  at: string;
  ends: Set<string>;
  /** Tags that were there then. */
  tags: Set<string>;
  /** How the next run ended, and the tags after it. */
  next: Set<string>;
}

/**
 * Pushes once for every request: the line is dead from there on, and comes back for the next run. Fails where a tag is there without its blobs, or where the next run does not end well or sends anything
 * that had arrived. Rows are by the kind of the request, in their order.
 */
export async function cutEverywhere(job: ImageJob, root: string, registry: Held, how: Cut['how']): Promise<CutRow[]> {
  const line = await cutter(registry.host);
  const push = (name: string) => pushed(job, { root, registry: `${line.host}/${name}`, platform: line.host });
  /** As on a runner that has nothing yet. */
  const forget = (): void => {
    for (const folder of ['bases', 'layers'])
      fs.rmSync(path.join(process.env.KDCUBE_CACHE_DIR!, folder), { recursive: true, force: true });
  };
  forget();
  await push(`${how}/clean`);
  const requests = line.count();
  const rows = new Map<string, CutRow>();
  for (let index = 0; index < requests; index += 1) {
    const name = `${how}/${index}`;
    await line.restart({ how, from: index, to: Infinity });
    forget();
    const first = await push(name);
    const at = kindOf(line.first() ?? 'nothing, the push was over', job.plan.tag);
    await line.restart();
    const there = holds(registry.dir, `${name}/proc`);
    const tags = kindsOf(Object.keys(there.tags), job.plan.tag);
    const again = await push(name);
    const now = holds(registry.dir, `${name}/proc`);
    const all = imageBlobs(registry.dir, `${name}/proc`, now.tags[job.plan.tag]!);
    const missing = all.filter((digest) => !there.blobs.has(digest));
    const sent = line.sent();
    if (sent.some((digest) => !missing.includes(digest)))
      throw new Error(`${name}: ${sent.join(', ')} were sent, and ${missing.join(', ')} were missing`);
    const row = rows.get(at) ?? { at, ends: new Set(), tags: new Set(), next: new Set() };
    row.ends.add(`\`${first.ends}\``);
    row.tags.add(tags);
    row.next.add(`\`${again.ends}\`: ${kindsOf(Object.keys(now.tags), job.plan.tag)}`);
    rows.set(at, row);
  }
  return [...rows.values()];
}

function kindOf(request: string, key: string): string {
  const [method, url] = request.split(' ') as [string, string?];
  if (url === undefined) return request;
  if (/\/manifests\/sha256:/.test(url)) return `${method} the base’s manifest`;
  if (/\/manifests\//.test(url)) return `${method} the tag ${kindsOf([url.split('/').at(-1)!], key)}`;
  if (/uploads\/\?mount/.test(url)) return `${method} a mount`;
  if (/uploads\/$/.test(url)) return `${method} an upload`;
  if (/uploads\//.test(url)) return `${method} a blob’s bytes`;
  return `${method} a blob${/kdcube-chat-proc/.test(url) ? ' of the base' : ''}`;
}

function kindsOf(tags: readonly string[], key: string): string {
  const kinds = tags.map((tag) =>
    tag === key ? '`c-<key>`' : tag === 'customer-main' ? '`customer-main`' : '`customer-<commit>`',
  );
  return kinds.length === 0 ? 'none' : [...new Set(kinds)].sort().join(', ');
}

export function printCuts(title: string, rows: readonly CutRow[]): string {
  const order = [...rows].sort((one, other) => (one.at < other.at ? -1 : 1));
  const join = (set: ReadonlySet<string>): string => [...set].sort().join(' or ');
  const lines = order.map(({ at, ends, tags, next }) => `| ${[at, join(ends), join(tags), join(next)].join(' | ')} |`);
  return [
    `### ${title}`,
    ['| dead from | ends in | tags then | the next run, and tags after it |', '| --- | --- | --- | --- |', ...lines].join('\n'),
  ].join('\n\n');
}
