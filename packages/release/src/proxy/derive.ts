import { quoted } from '../problem/problem';
import { applyEdits, type Edit } from './edits';
import { everyDirective, everyLine, parseNginx } from './nginx';
import { fillPlaceholders } from './placeholders';
import { ProxyReport } from './report';
import type { ProxyInput, Upstream } from './settings';
import { resolveAgain } from './upstreams';

/** The configuration of web-proxy, derived from the platform's own. */
export interface ProxyConfig {
  text: string;
  /** Where the image of the proxy reads it. */
  path: string;
  upstreams: Upstream[];
  /** How many `proxy_pass` it has. */
  passes: number;
}

/** Changes only upstreams, resolver, real IP, prefix and domain. Throws every Problem of the configuration at once. */
export function deriveProxyConfig({ text, file, settings }: ProxyInput): ProxyConfig {
  requireWhole(text, file);
  const filled = fillPlaceholders({ text, file, settings });
  const { text: resolved, upstreams, passes } = resolveAgain({ text: filled, file, settings });
  const derived = withPrefixRoute(withResolver({ text: resolved, file, settings }), file, settings.apiPrefix);
  return { text: derived, path: configPath(text, file), upstreams, passes };
}

/** nginx's own image, or OpenResty's: each has the types of files beside its configuration. */
function configPath(text: string, file: string): string {
  const included = everyLine(parseNginx(text, file)).find(({ name }) => name === 'include')?.arguments[0]?.value;
  return included?.startsWith('/etc/nginx/') ? '/etc/nginx/nginx.conf' : '/usr/local/openresty/nginx/conf/nginx.conf';
}

/** What another file says cannot be checked; of those, only the types of the image are known. */
function requireWhole(text: string, file: string): void {
  const report = new ProxyReport(text, file);
  const all = parseNginx(text, file);
  for (const { name, arguments: list, start } of everyLine(all)) {
    if (name === 'include' && !/\/mime\.types$/.test(list[0]?.value ?? ''))
      report.unfit(start, `It includes ${quoted(list[0]?.value ?? '')}: what stands there is not checked.`);
    if (/_by_lua(?:_file)?$/.test(name))
      report.unfit(start, `${name} takes Lua from a word or a file; only blocks of Lua are known.`);
  }
  const http = all.filter(({ name }) => name === 'http');
  if (http.length !== 1) report.unfit(0, `The configuration has ${http.length === 0 ? 'no' : 'more than one'} http block.`);
  else if (!everyDirective(all).some(({ directive }) => directive.name === 'proxy_pass'))
    report.unfit(http[0]!.start, 'The configuration has no proxy_pass: it is not the one of the proxy.');
  report.throwIfAny();
}

function withResolver({ text, file, settings: { resolver } }: ProxyInput): string {
  const report = new ProxyReport(text, file);
  const all = everyDirective(parseNginx(text, file));
  const existing = all.filter(({ directive }) => directive.name === 'resolver');
  const wanted = `resolver ${resolver.address} valid=${resolver.valid}s ipv6=off;`;
  if (existing.length > 1 || existing.some(({ parents }) => parents.at(-1)?.name !== 'http'))
    report.unfit(
      existing.at(-1)!.directive.start,
      'The configuration has more than one resolver, or one in another block than http.',
    );
  report.throwIfAny();
  const [found] = existing;
  if (found) return applyEdits(text, [{ start: found.directive.start, end: found.directive.end, text: wanted }]);
  const { block } = all.find(({ directive }) => directive.name === 'http')!.directive;
  return applyEdits(text, [{ start: block!.start, end: block!.start, text: `\n    ${wanted}\n    resolver_timeout 5s;` }]);
}

/** The paths of the seed: a load balancer that sends `/chatbot/api/*`, which no service knows. */
function withPrefixRoute(text: string, file: string, prefix: string | undefined): string {
  if (prefix === undefined) return text;
  const servers = everyDirective(parseNginx(text, file)).filter(
    ({ directive }) => directive.name === 'server' && directive.block,
  );
  const edits = servers.flatMap(({ directive: { block } }): Edit[] => {
    const locations = block!.directives.filter(({ name }) => name === 'location');
    const first = locations[0];
    if (!first || !locations.some(({ block: inner }) => inner?.directives.some(({ name }) => name === 'proxy_pass'))) return [];
    const route = `location ^~ ${prefix}/ {\n            rewrite "(?s)^${prefix.replaceAll('.', '\\.')}/(.*)" /api/$1 last;\n        }\n\n        `;
    return [{ start: first.start, end: first.start, text: route }];
  });
  return applyEdits(text, edits);
}
