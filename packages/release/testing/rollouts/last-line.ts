import type { EcsDouble } from './kit';
import type { Row } from './row';
import type { Ended } from './run';
import type { Runs } from './truth';

type Call = EcsDouble['journal']['entries'][number];

/** The last line of a problem claims what the double confirms: every update that got a response, no other one, and what runs now. */
export function checkLastLine(row: Row, { message }: Ended, calls: readonly Call[], runs: Runs): void {
  const last = message.split('\n').at(-1) ?? '';
  const [claims = '', open = ''] = last.split('Not confirmed by AWS:');
  const confirmed = confirmedUpdates(calls);
  const claimed = [...claims.matchAll(/(\S+) to (acme-\S+:\d+)/g)].map(([, service, revision]) => [service, revision]);
  if (/Updated:/.test(claims)) expect(Object.fromEntries(claimed)).toEqual(Object.fromEntries(confirmed));
  if (/No service was updated/.test(claims)) expect([...confirmed]).toEqual([]);
  for (const [, service, revision] of open.matchAll(/(\S+) to (acme-\S+:\d+)/g))
    expect(confirmed.get(service!)).not.toBe(revision);
  // What cannot be read cannot be claimed either, but for what was read.
  if (JSON.stringify(row).includes('staleReads')) return;
  for (const [, service, revision] of claims.matchAll(/(\S+) runs acme-(\S+:\d+) \(/g))
    expect({ service, revision: runs[service!] }).toEqual({ service, revision });
}

/** The last revision that each service was set to by a call with a response. */
function confirmedUpdates(calls: readonly Call[]): Map<string, string> {
  const updates = calls.filter(({ op, status }) => op === 'UpdateService' && status === 200);
  return new Map(
    updates.map(({ request }) => {
      const revision = String(request.taskDefinition);
      return [String(request.service).replace(/^acme-/, ''), revision.slice(revision.lastIndexOf('/') + 1)];
    }),
  );
}
