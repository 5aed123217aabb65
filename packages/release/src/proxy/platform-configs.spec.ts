// The platform's configurations of its proxy, through its whole history. They are not part of this repository.
import { execFileSync } from 'node:child_process';
import { derived } from '../../testing/proxy';
import { everyDirective, parseNginx } from './nginx';

/** A clone of the platform's repository with its history. */
const CLONE = process.env.KDCUBE_PLATFORM_CLONE;
const git = (...args: string[]) => execFileSync('git', ['-C', CLONE!, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });

/** Each version of each file once: its blob and path. */
function versions(): Map<string, string> {
  const log = git('log', '--all', '--raw', '--no-abbrev', '--no-renames', '--format=', '--', '*nginx_proxy*.conf');
  const lines = log.split('\n').map((line) => /^:\d+ \d+ \w+ (\w+) [AM]\t(.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])));
}

/** In one an upstream is not defined, and one is the example of a procedure. */
const REFUSED = /names "(?:kb_api|host\.docker\.internal:\d+)", but the configuration has no such upstream/;

(CLONE === undefined ? test.skip : test)('every version is derived: no upstream is left that nginx resolves once', () => {
  const all = versions();
  expect(all.size).toBeGreaterThan(150);
  const refused: string[] = [];
  for (const [blob, path] of all) {
    const text = git('cat-file', 'blob', blob);
    const routePrefix = text.includes('${ROUTE_PREFIX}') ? '/platform' : undefined;
    let result;
    try {
      result = derived(text, { routePrefix });
    } catch (error) {
      expect([path, (error as Error).message]).toEqual([path, expect.stringMatching(REFUSED)]);
      refused.push(path);
      continue;
    }
    const left = everyDirective(parseNginx(result.text, path)).filter(
      ({ directive: { name, arguments: list } }) =>
        name === 'upstream' || (name === 'proxy_pass' && !/^https?:\/\/\$/.test(list[0]!.value)),
    );
    expect([path, left.length]).toEqual([path, 0]);
  }
  expect(refused.length).toBeLessThanOrEqual(2);
});
