import { LIMITS } from '@kdcube/release/internal';
import { sendLookup } from './look-up';
import { checkRepository, type Registry } from '../transport/connect';
import type { HttpRequest } from '../transport/types';
import { invalidResponse } from '../transport/problems';
import { isMissingRepository, unexpectedResponse } from '../responses';

const LIMIT = LIMITS.tagsBytes.max;
/** More pages than any repository has, so that a registry with circular links cannot loop forever. */
const PAGES = 1_000;

/** All tags of a repository, in the registry's order. None if nothing has been pushed yet; a repository that must be created first is a Problem. */
export async function listTags(registry: Registry, repository: string): Promise<string[]> {
  checkRepository(repository);
  const tags: string[] = [];
  let url: URL | undefined = new URL(`/v2/${repository}/tags/list?n=1000`, registry.base);
  for (let page = 0; url && page < PAGES; page += 1) {
    const outgoing: HttpRequest = { method: 'GET', url, headers: {}, maxBytes: LIMIT };
    const answer = await sendLookup(registry, repository, outgoing);
    if (answer.status === 404 && !isMissingRepository(registry, answer)) return tags;
    if (answer.status !== 200) throw await unexpectedResponse(registry, repository, `list the tags of ${repository}`, answer);
    const json = parse(answer.body) as { tags?: unknown } | undefined;
    // An empty repository has `tags: null`.
    const list = json?.tags ?? [];
    if (!json || !Array.isArray(list)) throw invalidResponse(`${registry.host} returned an invalid tag list for ${repository}.`);
    tags.push(...list.filter((tag): tag is string => typeof tag === 'string'));
    url = nextPage(answer.headers.link, registry, url);
  }
  return tags;
}

/** The next page of a list; undefined after the last one. */
export function nextPage(link: string | string[] | undefined, { base }: Registry, from: URL): URL | undefined {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec([link ?? ''].flat().join(','))?.[1];
  if (next === undefined || !URL.canParse(next, from.href)) return undefined;
  const { pathname, search } = new URL(next, from);
  // Behind a proxy, a registry may name itself with http or with another host. Credentials are sent only to the configured host.
  return new URL(pathname + search, base);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
