import { quoted } from '../../problem/problem';
import { unsafePath } from '../../release/refs';
import type { EnvironmentRule } from './rule';

const HOST = /^(?=.{1,253}(?::|$))[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?)*$/;

/** What becomes text of nginx's configuration has only harmless characters, and something reads it. */
export const proxyIsSafe: EnvironmentRule = ({ written, environment }, report) => {
  const { proxy } = written;
  if (!proxy) return;
  const wrong = (path: (string | number)[], message: string, hint: string) =>
    report({ code: 'wrong-value', message: `proxy.${path.join('.')} is ${message}.`, hint }, ['proxy', ...path]);
  const unsafe = proxy.config === undefined ? undefined : unsafePath(proxy.config);
  if (unsafe !== undefined)
    wrong(['config'], `${quoted(proxy.config)}, which ${unsafe}`, 'config: images/kdcube-web-proxy/nginx_proxy.conf');
  for (const [name, address] of Object.entries(proxy.upstreams ?? {}))
    if (!isAddress(address, true))
      wrong(['upstreams', name], `${quoted(address)}, which is not host:port`, `${name}: chat-ingress:8010`);
  if (proxy.resolver?.address !== undefined && !isAddress(proxy.resolver.address, false))
    wrong(['resolver', 'address'], `${quoted(proxy.resolver.address)}, which is not an address`, 'address: 127.0.0.11');
  proxy.real_ip?.from.forEach((network, index) => {
    if (!isNetwork(network))
      wrong(['real_ip', 'from', index], `${quoted(network)}, which is not a network`, 'from: ["10.0.0.0/16"]');
  });
  if (proxy.real_ip?.header !== undefined && !/^[A-Za-z][A-Za-z0-9-]*$/.test(proxy.real_ip.header))
    wrong(['real_ip', 'header'], `${quoted(proxy.real_ip.header)}, which is not a header`, 'header: X-Forwarded-For');
  if (proxy.domain !== undefined && !HOST.test(proxy.domain))
    wrong(['domain'], `${quoted(proxy.domain)}, which is not the name of a host`, 'domain: app.example.com');
  for (const key of ['route_prefix', 'api_prefix'] as const) {
    const prefix = proxy[key];
    if (prefix !== undefined && !/^(?:\/[A-Za-z0-9][\w-]*)+$/.test(prefix))
      wrong(
        [key],
        `${quoted(prefix)}, which is not a path such as /platform, without a / at its end`,
        `${key}: ${key === 'api_prefix' ? '/chatbot/api' : '/platform'}`,
      );
  }
  const services = environment?.services.filter(({ component }) => component === 'web-proxy') ?? [];
  if (environment && !services.some(({ target }) => target === 'compose'))
    report(
      {
        code: 'wrong-target',
        message:
          services.length === 0
            ? 'proxy: configures a service with the component web-proxy, and the environment has none.'
            : 'proxy: is for a web-proxy that runs with compose, and this one runs on ECS.',
        hint: services.length === 0 ? 'services:\n  web-proxy: {component: web-proxy, image: kdcube-web-proxy}' : 'remove proxy:',
      },
      ['proxy'],
      'key',
    );
};

function isAddress(text: string, needsPort: boolean): boolean {
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0 || (needsPort && port === undefined) || !HOST.test(host)) return false;
  return port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535);
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  if (more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  if (address.includes(':'))
    return /^[0-9A-Fa-f:]{2,39}$/.test(address) && URL.canParse(`http://[${address}]/`) && Number(bits ?? 128) <= 128;
  return (
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) &&
    address.split('.').every((part) => Number(part) <= 255) &&
    Number(bits ?? 32) <= 32
  );
}
