import { quoted } from '../problem/problem';
import { applyEdits, type Edit, indentAt } from './edits';
import { type Directive, everyDirective, type Nested, parseNginx } from './nginx';
import { ProxyReport } from './report';
import { type ProxyInput, type Upstream, variableOf } from './settings';
import { passEdits } from './proxy-pass';

const PASSES = /^(?:grpc|fastcgi|uwsgi|scgi|memcached)_pass$/;

/**
 * nginx resolves the servers of an `upstream` once, when it starts, and the host of a `proxy_pass` with a variable again and again. Each upstream becomes
 * a variable with its address, and each `proxy_pass` to it uses the variable.
 */
export function resolveAgain({ text, file, settings }: ProxyInput): { text: string; upstreams: Upstream[]; passes: number } {
  const report = new ProxyReport(text, file);
  const all = everyDirective(parseNginx(text, file));
  const edits: Edit[] = [];
  const upstreams = new Map<string, Upstream>();
  for (const { directive, parents } of all) {
    if (directive.name !== 'upstream') continue;
    const upstream = readUpstream(directive, parents, report);
    if (!upstream) continue;
    if (upstreams.has(upstream.name)) report.unfit(directive.start, `The upstream ${quoted(upstream.name)} is defined twice.`);
    const address = settings.upstreams[upstream.name] ?? upstream.address;
    upstreams.set(upstream.name, { name: upstream.name, address });
    const indent = indentAt(text, directive.start);
    edits.push({
      start: directive.start,
      end: directive.end,
      text: `map "" $${variableOf(upstream.name)} {\n${indent}    default "${address}";\n${indent}}`,
    });
  }
  for (const name of Object.keys(settings.upstreams)) {
    if (!upstreams.has(name))
      report.add(
        'proxy-upstream',
        0,
        `proxy.upstreams names ${quoted(name)}, but the configuration has no such upstream.`,
        `one of ${[...upstreams.keys()].join(', ')}`,
      );
  }
  const passes = all.filter(({ directive }) => directive.name === 'proxy_pass');
  for (const { directive, parents } of passes) edits.push(...passEdits({ directive, parents, upstreams, text, report }));
  checkOtherUses(all, upstreams, report);
  report.throwIfAny();
  return { text: applyEdits(text, edits), upstreams: [...upstreams.values()], passes: passes.length };
}

function readUpstream(directive: Directive, parents: readonly Directive[], report: ProxyReport): Upstream | undefined {
  const name = directive.arguments[0]?.value;
  const servers = directive.block?.directives ?? [];
  const [server] = servers;
  const address = server?.arguments[0]?.value ?? '';
  if (name === undefined || parents.length !== 1 || !/^[\w.-]+$/.test(name))
    report.unfit(directive.start, 'An upstream without a plain name, or outside of http.');
  else if (servers.length !== 1 || server!.name !== 'server' || server!.arguments.length !== 1)
    report.unfit(
      directive.start,
      `The upstream ${quoted(name)} has more than one plain server: a variable would drop its other settings.`,
    );
  else if (!/^[A-Za-z0-9][\w.-]*(?::\d{1,5})?$/.test(address))
    report.unfit(server!.start, `The upstream ${quoted(name)} has the address ${quoted(address)}, which is not host:port.`);
  else return { name, address: address.includes(':') ? address : `${address}:80` };
  return undefined;
}

/** An upstream that something else names, too, would be missing there. */
function checkOtherUses(all: readonly Nested[], upstreams: ReadonlyMap<string, Upstream>, report: ProxyReport): void {
  for (const { directive } of all) {
    const [first, second] = directive.arguments;
    if (PASSES.test(directive.name))
      report.unfit(directive.start, `${directive.name} is not known here: only proxy_pass can be resolved again.`);
    if (directive.name === 'set' && second && upstreams.has(second.value.replace(/^https?:\/\//, '')))
      report.unfit(
        directive.start,
        `${first!.value} holds the name of the upstream ${quoted(second.value)}, so nginx would not resolve it again.`,
      );
    if (directive.name === 'proxy_redirect' && first?.value === 'default')
      report.unfit(directive.start, 'nginx refuses "proxy_redirect default" beside a proxy_pass with a variable.');
  }
}
