import { environmentText, textFiles } from '../../../testing/environments';
import { readEnvironment } from '../read-environment';

const SERVICES = `compose: { project: lifts, directory: /opt/kdcube }
services:
  web-proxy: { component: web-proxy, image: kdcube-web-proxy }`;

function read(proxy: string, services = SERVICES, target = 'compose') {
  return readEnvironment('one', textFiles({ one: environmentText(`proxy: ${proxy}\n${services}`, target) }));
}

test.each([
  '{}',
  '{ upstreams: { chat_api: "chat-ingress:8010", web_ui: "10.0.0.7:80" }, resolver: { address: "10.0.0.2:53", valid: 10 } }',
  '{ real_ip: { from: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"], header: CloudFront-Viewer-Address } }',
  '{ route_prefix: /platform, domain: app.example.com, api_prefix: /chatbot/api }',
  '{ config: images/kdcube-web-proxy/nginx_proxy_ssl_cognito.conf }',
])('%s', (text) => {
  expect(read(text).problems).toEqual([]);
});

test('the defaults are docker’s', () => {
  expect(read('{}').environment!.proxy).toEqual({
    config: 'images/kdcube-web-proxy/nginx_proxy.conf',
    settings: { upstreams: {}, resolver: { address: '127.0.0.11', valid: 5 } },
  });
  expect(read('{}').environment!.files).toContain('images/kdcube-web-proxy/nginx_proxy.conf');
});

test.each([
  ['{ upstreams: { chat_api: "a b:80" } }', 'proxy.upstreams.chat_api', /not host:port/],
  ['{ upstreams: { chat_api: "ingress" } }', 'proxy.upstreams.chat_api', /not host:port/],
  ['{ upstreams: { chat_api: "ingress:99999" } }', 'proxy.upstreams.chat_api', /not host:port/],
  ['{ upstreams: { chat_api: "x;} evil{:80" } }', 'proxy.upstreams.chat_api', /not host:port/],
  ['{ upstreams: { chat_api: "$host:80" } }', 'proxy.upstreams.chat_api', /not host:port/],
  ['{ resolver: { address: "1.1.1.1 8.8.8.8" } }', 'proxy.resolver.address', /not an address/],
  ['{ real_ip: { from: ["10.0.0.0/33"] } }', 'proxy.real_ip.from[0]', /not a network/],
  ['{ real_ip: { from: ["10.0.0.256"] } }', 'proxy.real_ip.from[0]', /not a network/],
  ['{ real_ip: { from: [":::/8"] } }', 'proxy.real_ip.from[0]', /not a network/],
  ['{ real_ip: { from: ["all; deny all"] } }', 'proxy.real_ip.from[0]', /not a network/],
  ['{ real_ip: { from: ["10.0.0.0/8"], header: "X; y" } }', 'proxy.real_ip.header', /not a header/],
  ['{ domain: "a.example; return 200" }', 'proxy.domain', /not the name of a host/],
  ['{ route_prefix: "/platform/" }', 'proxy.route_prefix', /not a path/],
  ['{ route_prefix: "/a b" }', 'proxy.route_prefix', /not a path/],
  ['{ api_prefix: "/chatbot/(.*)" }', 'proxy.api_prefix', /not a path/],
  ['{ config: "../nginx.conf" }', 'proxy.config', /nginx.conf", which /],
  ['{ config: "/etc/nginx.conf" }', 'proxy.config', /nginx.conf", which /],
])('%s is refused', (text, path, message) => {
  const [problem, ...more] = read(text).problems;
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ code: 'wrong-value', message: expect.stringMatching(message), at: { path } });
});

test.each([
  ['{ real_ip: { from: [] } }', 'proxy.real_ip.from'],
  ['{ resolver: { valid: 0 } }', 'proxy.resolver.valid'],
  ['{ timeout: 5 }', 'proxy.timeout'],
])('%s has the wrong shape', (text, path) => {
  expect(read(text).problems).toContainEqual(expect.objectContaining({ at: expect.objectContaining({ path }) }));
});

test.each([
  [
    'an environment without a proxy',
    'services:\n  metrics: { component: metrics, image: kdcube-metrics }',
    'compose',
    /has none/,
  ],
  ['a proxy on ECS', 'services:\n  web-proxy: { component: web-proxy, image: kdcube-web-proxy }', 'ecs', /runs on ECS/],
])('%s', (_, services, target, message) => {
  const text = target === 'compose' ? `compose: { project: lifts, directory: /opt/kdcube }\n${services}` : services;
  const found = read('{}', text, target).problems.filter(({ code }) => code === 'wrong-target');
  expect(found).toEqual([
    expect.objectContaining({ message: expect.stringMatching(message), at: expect.objectContaining({ path: 'proxy' }) }),
  ]);
});
