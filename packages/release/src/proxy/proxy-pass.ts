import { quoted } from '../problem/problem';
import { type Edit, indentAt } from './edits';
import type { Argument, Directive } from './nginx';
import type { ProxyReport } from './report';
import { type Upstream, variableOf } from './settings';

interface PassInput {
  directive: Directive;
  /** What it stands in, from the outside to the inside. */
  parents: readonly Directive[];
  upstreams: ReadonlyMap<string, Upstream>;
  text: string;
  report: ProxyReport;
}

/** Directives of nginx's rewrite module. They run in their order, and `break` ends them. */
const REWRITES = /^(?:if|set|return|rewrite|break)$/;

/** The edits that make one `proxy_pass` use the variable of its upstream, and send what it sent. */
export function passEdits(input: PassInput): Edit[] {
  const { directive, upstreams, report } = input;
  const target = directive.arguments[0];
  const [, scheme, host, rest = ''] = /^(https?:\/\/)([^/$?]*)(.*)$/s.exec(target?.value ?? '') ?? [];
  if (!target || scheme === undefined || host === undefined) {
    report.unfit(
      directive.start,
      `proxy_pass has the target ${quoted(target?.value ?? '')}, which is not a URL with http or https.`,
    );
    return [];
  }
  // A host that is a variable already, or a number: nothing is resolved at the start.
  if ((host === '' && rest.startsWith('$')) || /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/.test(host)) return [];
  const upstream = upstreams.get(host);
  if (!upstream) {
    report.add(
      'proxy-upstream',
      target.start,
      `proxy_pass names ${quoted(host)}, but the configuration has no such upstream.`,
      `one of ${[...upstreams.keys()].join(', ') || 'none: there is no upstream block'}`,
    );
    return [];
  }
  const variable = `${scheme}$${variableOf(upstream.name)}`;
  const named = headerEdits(input, upstream, target);
  if (rest === '' || rest.startsWith('$')) return [{ start: target.start, end: target.end, text: variable + rest }, ...named];
  return [{ start: target.start, end: target.end, text: variable }, ...rewriteEdits(input, rest), ...named];
}

/** With a variable, nginx does not replace the path of the location by that of `proxy_pass`: a rewrite does. */
function rewriteEdits({ directive, parents, text, report }: PassInput, uri: string): Edit[] {
  const location = parents.at(-1);
  const path = location?.name === 'location' ? location.arguments : [];
  const [modifier, name] = path.length === 2 ? [path[0]!.value, path[1]!.value] : ['', path[0]?.value];
  const unfit = (why: string): Edit[] => {
    report.unfit(directive.start, `The path ${quoted(uri)} of proxy_pass cannot become a rewrite: ${why}.`);
    return [];
  };
  if (!location?.block || name === undefined || !['', '=', '^~'].includes(modifier) || name.startsWith('@'))
    return unfit('it is not in a location with a plain path');
  if (!/^\/[\w./~-]*$/.test(uri) || !/^\/[\w./~-]*$/.test(name))
    return unfit('it or the location has other characters than letters, digits and _ . / ~ -');
  const others = location.block.directives.filter((other) => REWRITES.test(other.name));
  const inside = others.flatMap((other) => other.block?.directives ?? []);
  if ([...others, ...inside].some((other) => other.name === 'rewrite' || other.name === 'break'))
    return unfit('the location has a rewrite already');
  const regex = modifier === '=' ? '"^"' : `"(?s)^${name.replace(/[.]/g, '\\.')}(.*)"`;
  const line = `rewrite ${regex} ${modifier === '=' ? uri : `${uri}$1`} break;`;
  // After `if` and `set`, which it would end.
  const last = others.at(-1);
  const indent = indentAt(text, directive.start);
  return last === undefined || last.end < directive.start
    ? [{ start: directive.start, end: directive.start, text: `${line}\n${indent}` }]
    : [{ start: last.end, end: last.end, text: `\n${indent}${line}` }];
}

/** A location that sends no Host sends the name of the upstream; with a variable that would be its address. nginx also translates redirects to that name. */
function headerEdits({ directive, parents, text, report }: PassInput, { name }: Upstream, target: Argument): Edit[] {
  const headers = (block: Directive) => (block.block?.directives ?? []).filter((other) => other.name === 'proxy_set_header');
  const level = [...parents].reverse().find((block) => headers(block).length > 0);
  if (level && headers(level).some(({ arguments: [header] }) => header?.value.toLowerCase() === 'host')) return [];
  const location = parents.at(-1)!;
  if (level && level !== location) {
    report.unfit(directive.start, `proxy_pass sends the headers of another block, and Host is not among them.`);
    return [];
  }
  const path = location.arguments.at(-1)?.value ?? '/';
  const indent = indentAt(text, directive.start);
  const lines = [`proxy_set_header Host ${name};`];
  const hasRedirect = parents.some((block) => block.block?.directives.some((other) => other.name === 'proxy_redirect'));
  const uri = /^https?:\/\/[^/]*(\/.*)$/s.exec(target.value)?.[1];
  if (!hasRedirect && !/[$@~]/.test(path))
    lines.push(`proxy_redirect http://${name}${uri ?? '/'} ${uri === undefined ? '/' : path};`);
  return [{ start: directive.end, end: directive.end, text: lines.map((line) => `\n${indent}${line}`).join('') }];
}
