import { quoted } from '../problem/problem';
import { applyEdits, type Edit } from './edits';
import { everyDirective, everyLine, parseNginx } from './nginx';
import { ProxyReport } from './report';
import type { ProxyInput, ProxySettings } from './settings';

/** What platforms since 2026-08-12 have where the control plane is mounted; earlier ones say /chatbot or /platform themselves. */
const PREFIX = '${ROUTE_PREFIX}';
const EARLIER_PREFIX = /(?<![\w.-])\/(?:chatbot|platform)(?![\w-])/g;
const DOMAIN = /<YOUR_DOMAIN>|YOUR_DOMAIN_NAME|\$\{APP_DOMAIN\}/g;
const NETWORK = /<(?:ALB|LB)_CIDR>|\$\{ALB_CIDR\}/;
const OPEN = /<[A-Z][A-Z0-9_]*>|\$\{[A-Z][A-Z0-9_]*\}|YOUR_[A-Z_]+/;

/** Fills in what the platform leaves open: domain, prefix and trusted networks. Comments stay as they are. */
export function fillPlaceholders({ text, file, settings }: ProxyInput): string {
  const report = new ProxyReport(text, file);
  const directives = parseNginx(text, file);
  const texts = everyLine(directives).flatMap((line) => line.arguments);
  const hasPrefix = texts.some(({ value }) => value.includes(PREFIX));
  const edits: Edit[] = [];
  for (const { start, end } of texts) {
    const before = text.slice(start, end);
    const after = withPrefix(withDomain(before, settings), settings, hasPrefix);
    if (after !== before) edits.push({ start, end, text: after });
  }
  if (settings.routePrefix !== undefined && !hasPrefix && !texts.some(({ value }) => value.search(EARLIER_PREFIX) !== -1))
    report.add(
      'proxy-unfit',
      0,
      `proxy.route_prefix is ${quoted(settings.routePrefix)}, but this configuration has no prefix that could be changed.`,
      'remove proxy.route_prefix',
    );
  for (const edit of realIpEdits(text, settings, report)) {
    if (!edits.some(({ start, end }) => start < edit.end && edit.start < end)) edits.push(edit);
  }
  report.throwIfAny();
  const filled = applyEdits(text, edits);
  requireFilled(filled, file);
  return filled;
}

function withDomain(word: string, { domain }: ProxySettings): string {
  return domain === undefined ? word : word.replace(DOMAIN, domain);
}

function withPrefix(word: string, { routePrefix }: ProxySettings, hasPlaceholder: boolean): string {
  if (routePrefix === undefined) return word;
  return hasPlaceholder ? word.replaceAll(PREFIX, routePrefix) : word.replace(EARLIER_PREFIX, routePrefix);
}

/** `set_real_ip_from` and `real_ip_header`, in the place of those in `http`. */
function realIpEdits(text: string, { realIp }: ProxySettings, report: ProxyReport): Edit[] {
  if (!realIp) return [];
  const all = everyDirective(parseNginx(text, report.file));
  const from = all.filter(({ directive }) => directive.name === 'set_real_ip_from').map(({ directive }) => directive);
  const headers = all.filter(({ directive }) => directive.name === 'real_ip_header').map(({ directive }) => directive);
  const lines = [...realIp.from.map((network) => `set_real_ip_from ${network};`)];
  const nested = all.find(
    ({ directive, parents }) => /^(?:set_real_ip_from|real_ip_header)$/.test(directive.name) && parents.at(-1)?.name !== 'http',
  );
  if (nested)
    report.unfit(
      nested.directive.start,
      `${nested.directive.name} stands in another block than http, where it would win over the networks of proxy.real_ip.`,
    );
  const indent = '    ';
  if (from.length === 0) {
    const http = all.find(({ directive }) => directive.name === 'http')?.directive.block;
    if (!http) return [];
    const rest = [...(headers.length === 0 ? [`real_ip_header ${realIp.header};`] : []), 'real_ip_recursive on;'];
    return [{ start: http.start, end: http.start, text: `\n${[...lines, ...rest].map((line) => indent + line).join('\n')}` }];
  }
  const [first, ...others] = from as [(typeof from)[0], ...typeof from];
  return [
    { start: first.start, end: first.end, text: lines.join(`\n${indent}`) },
    ...others.map(({ start, end }) => ({ start, end, text: '' })),
    ...headers.flatMap(({ arguments: [header] }) =>
      header ? [{ start: header.start, end: header.end, text: realIp.header }] : [],
    ),
  ];
}

/** Whatever stays open would be taken by nginx as it stands, or make it refuse the file. */
function requireFilled(text: string, file: string): void {
  const report = new ProxyReport(text, file);
  for (const directive of everyLine(parseNginx(text, file))) {
    for (const { value, start } of directive.arguments) {
      const open = OPEN.exec(value)?.[0];
      if (open !== undefined)
        report.add('placeholder', start, `${quoted(open)} of ${directive.name} is not filled in.`, hintFor(open));
    }
  }
  report.throwIfAny();
}

function hintFor(open: string): string {
  if (open === PREFIX) return 'proxy: {route_prefix: /platform}';
  if (NETWORK.test(open)) return 'proxy: {real_ip: {from: ["10.0.0.0/16"]}}    the network of the load balancer';
  return open.search(DOMAIN) === -1 ? 'replace it in the platform’s configuration' : 'proxy: {domain: app.example.com}';
}
