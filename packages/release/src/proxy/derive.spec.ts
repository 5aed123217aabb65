import { thrownProblem } from '../../testing/thrown-problem';
import { derived, PROXY_CONFIG } from '../../testing/proxy';
import { KdcubeError } from '../problem/problem';

/** The lines that are only in the second text. */
function addedLines(before: string, after: string): string[] {
  const old = before.split('\n').map((line) => line.trim());
  return after
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !old.includes(line));
}

test('upstreams become variables that nginx resolves again; the rest stays byte for byte', () => {
  const { text, path, upstreams, passes } = derived();
  expect(addedLines(PROXY_CONFIG, text)).toEqual([
    'resolver 127.0.0.11 valid=5s ipv6=off;',
    'map "/platform:$host" $at_root {',
    'set_real_ip_from 10.0.0.0/16; # the load balancer’s',
    'map "" $kdcube_web_ui {',
    'default "web-ui:80";',
    'map "" $kdcube_chat_api {',
    'default "chat-ingress:8010";',
    'server_name app.example.com;',
    'proxy_pass http://$kdcube_chat_api;   # no path → no surprises',
    'proxy_pass http://$kdcube_chat_api;',
    'rewrite "(?s)^/cb/socket\\.io/(.*)" /socket.io/$1 break;',
    'rewrite "^" /api/profile break;',
    'proxy_pass http://$kdcube_chat_api;',
    'location /config.json { rewrite "(?s)^/config\\.json(.*)" /config.json$1 break;',
    'proxy_pass http://$kdcube_web_ui;',
    'proxy_set_header Host web_ui;',
    'proxy_redirect http://web_ui/config.json /config.json; }',
    'location ^~ /platform/ {',
    'rewrite "(?s)^/platform/(.*)" /$1 break;',
    'proxy_pass http://$kdcube_web_ui;',
  ]);
  expect(path).toBe('/usr/local/openresty/nginx/conf/nginx.conf');
  expect(upstreams).toEqual([
    { name: 'web_ui', address: 'web-ui:80' },
    { name: 'chat_api', address: 'chat-ingress:8010' },
  ]);
  expect(passes).toBe(6);
});

test('a rewrite comes after the conditions of its location, which it would end', () => {
  const { text } = derived();
  const location = text.slice(text.indexOf('location /cb/socket.io/'), text.indexOf('location = /profile'));
  expect(location.indexOf('return 204')).toBeLessThan(location.indexOf('rewrite'));
});

test('the same text for the same input; from a derived text nothing changes', () => {
  expect(derived()).toEqual(derived());
  expect(derived(derived().text).text).toBe(derived().text);
});

test('other addresses, the prefix of a load balancer, several networks', () => {
  const { text } = derived(PROXY_CONFIG, {
    upstreams: { chat_api: 'ingress.internal:9000' },
    realIp: { from: ['10.0.0.0/16', '2001:db8::/32'], header: 'CloudFront-Viewer-Address' },
    apiPrefix: '/chatbot/api',
  });
  expect(text).toContain('default "ingress.internal:9000";');
  expect(text).toContain('real_ip_header    CloudFront-Viewer-Address;');
  expect(text).toMatch(/set_real_ip_from 10\.0\.0\.0\/16;\n {4}set_real_ip_from 2001:db8::\/32;/);
  expect(
    text.match(/location \^~ \/chatbot\/api\/ \{\n\s+rewrite "\(\?s\)\^\/chatbot\/api\/\(\.\*\)" \/api\/\$1 last;/g),
  ).toHaveLength(1);
});

test('a platform before 2026-08-12 names its prefix, and has no resolver and no real IP', () => {
  const early = PROXY_CONFIG.replace(/ {4}(?:resolver|real_ip_header|set_real_ip_from).*\n/g, '')
    .replaceAll('${ROUTE_PREFIX}', '/chatbot')
    .replace('location /api/kb/', 'location = / { return 301 /chatbot/chat; }\n        location /api/kb/');
  const { text } = derived(early);
  expect(text).toContain('return 301 /platform/chat;');
  expect(text).toMatch(/resolver 127\.0\.0\.11 valid=5s ipv6=off;\n {4}resolver_timeout 5s;/);
  expect(text).toMatch(/set_real_ip_from 10\.0\.0\.0\/16;\n {4}real_ip_header X-Forwarded-For;\n {4}real_ip_recursive on;/);
  expect(derived(early, { routePrefix: undefined }).text).toContain('return 301 /chatbot/chat;');
});

test('nginx’s own image has another path', () => {
  expect(derived(PROXY_CONFIG.replace('/usr/local/openresty/nginx/conf/', '/etc/nginx/')).path).toBe('/etc/nginx/nginx.conf');
});

const place = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;
const replaced = (before: string, after: string) => PROXY_CONFIG.replace(before, after);

test.each([
  [
    'two servers',
    replaced('server web-ui:80;', 'server web-ui:80; server other:80;'),
    'proxy-unfit',
    'upstream web_ui',
    /more than one plain server/,
  ],
  [
    'a server with settings',
    replaced('server web-ui:80;', 'server web-ui:80 max_fails=3;'),
    'proxy-unfit',
    'upstream web_ui',
    /plain server/,
  ],
  [
    'a load balancer in an upstream',
    replaced('server web-ui:80;', 'server web-ui:80; keepalive 8;'),
    'proxy-unfit',
    'upstream web_ui',
    /plain server/,
  ],
  ['a socket', replaced('web-ui:80', 'unix:/run/ui.sock'), 'proxy-unfit', 'unix:/run', /not host:port/],
  [
    'an upstream twice',
    replaced('upstream chat_api', 'upstream web_ui { server x:1; } upstream chat_api'),
    'proxy-unfit',
    'upstream web_ui { server x',
    /defined twice/,
  ],
  [
    'an upstream that is not defined',
    replaced('http://chat_api;', 'http://chat_apy;'),
    'proxy-upstream',
    'http://chat_apy',
    /"chat_apy", but the configuration has no such upstream/,
  ],
  [
    'the name of an upstream in a variable',
    replaced('set $kb_backend "kb:8000"', 'set $kb_backend "web_ui"'),
    'proxy-unfit',
    'set $kb_backend',
    /would not resolve it again/,
  ],
  ['no URL', replaced('http://chat_api;', 'chat_api;'), 'proxy-unfit', 'proxy_pass chat_api', /not a URL/],
  [
    'a path in a regular expression',
    replaced('location /cb/socket.io/', 'location ~ ^/cb/'),
    'proxy-unfit',
    'proxy_pass http://chat_api/socket.io/',
    /plain path/,
  ],
  [
    'a path in a condition',
    replaced('return 204;', 'proxy_pass http://chat_api/x;'),
    'proxy-unfit',
    'proxy_pass http://chat_api/x',
    /plain path/,
  ],
  [
    'a path beside a rewrite',
    replaced('if ($request_method', 'rewrite ^ /x break; if ($request_method'),
    'proxy-unfit',
    'proxy_pass http://chat_api/socket.io/',
    /rewrite already/,
  ],
  [
    'a path with a query',
    replaced('/socket.io/;', '/socket.io/?a=1;'),
    'proxy-unfit',
    'proxy_pass http://chat_api/socket.io/',
    /other characters/,
  ],
  [
    'headers of another block',
    replaced('listen 80;', 'listen 80; proxy_set_header X-A b;'),
    'proxy-unfit',
    'proxy_pass http://web_ui/config.json',
    /Host is not among them/,
  ],
  [
    'an included file',
    replaced('listen 80;', 'include /etc/nginx/sites/*.conf;'),
    'proxy-unfit',
    'include /etc/nginx/sites',
    /is not checked/,
  ],
  ['Lua in a word', replaced('listen 80;', "access_by_lua 'unmask()';"), 'proxy-unfit', 'access_by_lua ', /only blocks of Lua/],
  [
    'another protocol',
    replaced('proxy_pass http://chat_api;', 'grpc_pass grpc://chat_api;'),
    'proxy-unfit',
    'grpc_pass',
    /only proxy_pass/,
  ],
  [
    'proxy_redirect default',
    replaced('proxy_read_timeout 600s;', 'proxy_redirect default;'),
    'proxy-unfit',
    'proxy_redirect',
    /nginx refuses/,
  ],
  [
    'a resolver in a server',
    replaced('listen 80;', 'resolver 10.0.0.2;'),
    'proxy-unfit',
    'resolver 10.0.0.2',
    /more than one resolver/,
  ],
  [
    'real IP in a server',
    replaced('listen 80;', 'set_real_ip_from 0.0.0.0/0;'),
    'proxy-unfit',
    'set_real_ip_from 0',
    /would win/,
  ],
  ['two http blocks', `${PROXY_CONFIG}http { }\n`, 'proxy-unfit', '# The proxy', /more than one http/],
  ['another configuration', 'http { server { listen 80; } }', 'proxy-unfit', 'http', /no proxy_pass/],
  [
    'a placeholder of a later platform',
    replaced('listen 80;', 'listen ${PORT};'),
    'placeholder',
    'listen ${PORT}',
    /"\$\{PORT\}" of listen/,
  ],
  ['no syntax', replaced('listen 80;', 'listen 80 }'), 'nginx-syntax', 'listen 80 }', /"listen" is not finished/],
] as const)('%s is refused, with its line', (_, text, code, at, message) => {
  const problem = thrownProblem(() => derived(text));
  expect(problem.message).toMatch(message);
  expect(problem).toMatchObject({
    code,
    at: { file: 'nginx_proxy.conf', line: place(text, at) },
    ...(code !== 'nginx-syntax' && { hint: expect.any(String) }),
  });
});

test.each([
  ['realIp', /"<ALB_CIDR>" of set_real_ip_from is not filled in/, /real_ip: /],
  ['domain', /"<YOUR_DOMAIN>" of server_name/, /domain: /],
  ['routePrefix', /"\$\{ROUTE_PREFIX\}" of map/, /route_prefix: /],
] as const)('without %s, what the platform leaves open is named', (key, message, hint) => {
  const problem = thrownProblem(() => derived(PROXY_CONFIG, { [key]: undefined }));
  expect(problem).toMatchObject({
    code: 'placeholder',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
});

test('settings that the configuration has no place for', () => {
  expect(thrownProblem(() => derived(PROXY_CONFIG, { upstreams: { kb: 'kb:1' } }))).toMatchObject({
    code: 'proxy-upstream',
    hint: 'one of web_ui, chat_api',
  });
  expect(thrownProblem(() => derived(PROXY_CONFIG.replaceAll('${ROUTE_PREFIX}', '/ui')))).toMatchObject({
    code: 'proxy-unfit',
    hint: 'remove proxy.route_prefix',
  });
});

test('every Problem of a step is reported at once', () => {
  try {
    derived(replaced('http://chat_api;', 'http://a;').replace('http://web_ui/;', 'http://b/;'));
  } catch (error) {
    expect((error as KdcubeError).problems.map(({ code }) => code)).toEqual(['proxy-upstream', 'proxy-upstream']);
    return;
  }
  throw new Error('nothing was refused');
});
