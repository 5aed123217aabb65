import { environmentText, textFiles } from '../../../testing/environments';
import type { Generation } from '../../platform/generation';
import { readEnvironment } from '../read-environment';

const OLD = '2026.3.1';
const NEW = '2026.8.18';
const URL = 'FRONTEND_CONFIG_S3_URL: "https://config.example/config.json"';

function read(frontend: string, { mounts = '', more = '', generation = NEW as Generation } = {}) {
  const text = environmentText(
    `env: { frontend: { ${frontend} } }\nservices: { web-ui: { component: frontend, image: kdcube-web-ui, mounts: { ${mounts} } } }\n${more}`,
  );
  const { problems, notes } = readEnvironment('one', textFiles({ one: text }), { generation });
  return { problems, notes: notes.filter(({ message }) => message.includes('FRONTEND_CONFIG_JSON')) };
}

/** The tenant and project are those of `environmentText`. */
function config(more: object = {}, base: object = OWN) {
  return `FRONTEND_CONFIG_JSON: '${JSON.stringify({ ...base, ...more })}'`;
}

const { tenant, project } = readEnvironment('one', textFiles({ one: environmentText('') })).environment!;
const OWN = { tenant, project, routesPrefix: '/platform' };
const oidcConfig = { authority: 'https://idp.example/pool', client_id: 'web' };
const codes = (problems: readonly { code: string }[]) => problems.map(({ code }) => code);

describe('config.json in a variable', () => {
  test.each<[string, object, Generation, string[]]>([
    ['none', { authType: 'none' }, OLD, []],
    ['hardcoded', { authType: 'hardcoded', token: 'test-admin-token-123' }, OLD, []],
    ['simple', { authType: 'simple', token: 'test-admin-token-123' }, NEW, []],
    ['simple without a token', { authType: 'simple', token: '' }, NEW, ['env-value']],
    ['hardcoded without a token', { authType: 'hardcoded' }, OLD, ['env-value']],
    ['cognito', { authType: 'cognito', idTokenHeaderName: 'X-ID-Token', oidcConfig }, OLD, []],
    [
      'cognito without a client',
      { authType: 'cognito', oidcConfig: { authority: 'https://idp.example/pool' } },
      OLD,
      ['env-value'],
    ],
    ['delegated', { authType: 'delegated', apiBase: '/auth/' }, NEW, []],
    ['bundle', { authType: 'bundle' }, NEW, []],
    ['bundle on a platform without it', { authType: 'bundle' }, OLD, ['env-value']],
    [
      'a client secret',
      { authType: 'cognito', oidcConfig: { ...oidcConfig, client_secret: 'hunter2hunter2' } },
      NEW,
      ['secret-value'],
    ],
  ])('%s', (_, auth, generation, expected) => {
    const { problems, notes } = read(config({ auth }), { generation });
    expect([codes(problems), notes]).toEqual([expected, []]);
  });

  test('a type of login that the platform does not know is a note', () => {
    const { problems, notes } = read(config({ auth: { authType: 'cogntio' } }));
    expect([problems, codes(notes)]).toEqual([[], ['env-value']]);
  });

  test('a secret is reported by its name only, and can be cleared', () => {
    const text = config({ apiPassword: 'hunter2hunter2' });
    const { problems } = read(text);
    expect(problems).toMatchObject([{ code: 'secret-value', at: { path: 'env.frontend.FRONTEND_CONFIG_JSON' } }]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
    expect(read(text, { more: 'not_secret: { FRONTEND_CONFIG_JSON: a public demo }' }).problems).toEqual([]);
  });

  test.each([
    ['no tenant', config({}, { project }), 'has no tenant:'],
    ['no tenant and no project', config({}, {}), 'has no tenant and no project'],
    ['an empty tenant', config({ tenant: '' }), 'has no tenant'],
    ['a list', `FRONTEND_CONFIG_JSON: '["${tenant}"]'`, 'must be one JSON object'],
    ['no JSON', "FRONTEND_CONFIG_JSON: '{tenant: a}'", 'must be JSON'],
    ['another tenant', config({ tenant: 'other' }), 'The tenant is "other" here'],
  ])('%s', (_, text, message) => {
    const own = read(text).problems.filter((problem) => problem.message.includes(message));
    expect(own).toMatchObject([{ at: { path: 'env.frontend.FRONTEND_CONFIG_JSON' } }]);
  });
});

describe('config.json has one source', () => {
  const FILE = '/usr/share/nginx/html/config.json';

  test.each([
    ['a mount', '', `${FILE}: { efs: fs-0123abcd, read_only: true }`, []],
    ['a variable', config(), '', []],
    ['a URL', URL, '', []],
    ['another mount', config(), '/var/log/nginx: { efs: fs-0123abcd }', []],
    ['a read-only file and a variable', config(), `${FILE}: { efs: fs-0123abcd, read_only: true }`, ['does not start']],
    ['a file and a variable', config(), `${FILE}: { efs: fs-0123abcd }`, ['overwrites the mounted file']],
    ['the folder and a URL', URL, '/usr/share/nginx/html/: { efs: fs-0123abcd, read_only: true }', ['does not start']],
    ['both variables', `${config()}, ${URL}`, '', ['the second is ignored']],
  ])('%s', (_, env, mounts, expected) => {
    expect(read(env, { mounts }).problems.map(({ message }) => message)).toEqual(
      expected.map((part) => expect.stringContaining(part)),
    );
  });
});

describe('frontend: of an environment', () => {
  const UI = 'services: { web-ui: { component: frontend, image: kdcube-web-ui, mounts: {} } }\n';
  const readOf = (written: string, services = UI) =>
    readEnvironment('one', textFiles({ one: environmentText(`${written}\n${services}`) }), { generation: NEW });
  const messages = (written: string, services?: string) => readOf(written, services).problems.map(({ message }) => message);

  test('gives config.json the tenant, the project and the prefix of the environment', () => {
    const { environment, problems } = readOf('frontend: { config: { auth: { authType: none }, routesPrefix: /platform } }');
    expect(problems).toEqual([]);
    expect(environment!.frontend).toEqual({ config: { auth: { authType: 'none' }, tenant, project, routesPrefix: '/platform' } });
    const behindProxy = 'proxy: { route_prefix: /app }\nfrontend: { config: { auth: { authType: none } } }';
    expect(readOf(behindProxy).environment!.frontend!.config).toMatchObject({ routesPrefix: '/app' });
  });

  test('what the environment says elsewhere counts, whatever is written', () => {
    const written =
      'proxy: { route_prefix: /app }\nfrontend: { config: { tenant: other, project: other, routesPrefix: /other } }';
    expect(readOf(written).environment!.frontend!.config).toEqual({ tenant, project, routesPrefix: '/app' });
  });

  test('another environment, another tenant: the rest is inherited', () => {
    const base = environmentText(`frontend: { config: { auth: { authType: none } } }\n${UI}`);
    const files = textFiles({ one: base, two: 'extends: one\ntenant: second\nfrontend: { config: { title: Two } }\n' });
    expect(readEnvironment('two', files, { generation: NEW }).environment!.frontend).toEqual({
      config: { auth: { authType: 'none' }, title: 'Two', tenant: 'second', project },
    });
  });

  test.each<[string, string, string | undefined, string[]]>([
    ['tenant', 'frontend: { config: { tenant: other } }', undefined, ['"tenant" is written once, at the top']],
    ['no service', 'frontend: { config: {} }', '', ['the environment has none']],
    [
      'a variable too',
      `env: { frontend: { ${config()} } }\nfrontend: { config: {} }`,
      undefined,
      ['gets config.json from frontend: and from FRONTEND_CONFIG_JSON'],
    ],
    [
      'a mount too',
      'frontend: { config: {} }',
      UI.replace('mounts: {}', 'mounts: { /usr/share/nginx/html/config.json: { efs: fs-0123abcd, read_only: true } }'),
      ['gets config.json from a mount and from frontend:'],
    ],
    ['cognito without a client', 'frontend: { config: { auth: { authType: cognito } } }', undefined, ['no login works']],
    [
      'a secret',
      'frontend: { config: { auth: { authType: none }, apiPassword: hunter2hunter2 } }',
      undefined,
      ['"apiPassword" of frontend.config is the name of a secret'],
    ],
  ])('%s', (_, written, services, expected) => {
    const found = messages(written, services);
    expect(found).toEqual(expected.map((part) => expect.stringContaining(part)));
    expect(found.join()).not.toContain('hunter2');
  });

  test.each([
    ['frontend:', 'frontend: { config: { routesPrefix: /chatbot } }', 'frontend.config.routesPrefix'],
    ['a variable', `env: { frontend: { ${config({ routesPrefix: '/chatbot' })} } }`, 'env.frontend.FRONTEND_CONFIG_JSON'],
  ])('another prefix than the proxy’s, in %s', (_, written, path) => {
    const { problems } = readOf(`proxy: { route_prefix: /platform }\n${written}`);
    expect(problems.filter(({ message }) => message.includes('routesPrefix'))).toMatchObject([
      { code: 'env-value', at: { path } },
    ]);
  });
});

describe('an image with config.json in it', () => {
  const check = (baked: { tenant: string; project: string }, more = '', mounts = '') => {
    const text = environmentText(
      `services: { web-ui: { component: frontend, image: kdcube-web-ui, mounts: { ${mounts} } } }\n${more}`,
    );
    const options = { generation: NEW as Generation, baked: { 'kdcube-web-ui': baked } };
    return readEnvironment('one', textFiles({ one: text }), options).problems;
  };

  test('runs in the environment of its tenant', () => {
    expect(check({ tenant, project })).toEqual([]);
  });

  test.each([
    ['tenant', { tenant: 'other', project }],
    ['project', { tenant, project: 'other' }],
  ])('not with another %s', (_, baked) => {
    expect(check(baked)).toMatchObject([{ code: 'tenant-mismatch', at: { path: 'services.web-ui.image' } }]);
  });

  test.each([
    ['frontend:', 'frontend: { config: {} }', ''],
    ['FRONTEND_CONFIG_JSON', `env: { frontend: { ${config()} } }`, ''],
    ['a mount', '', '/usr/share/nginx/html/config.json: { efs: fs-0123abcd }'],
  ])('gets no second one from %s', (what, more, mounts) => {
    expect(check({ tenant, project }, more, mounts)).toMatchObject([
      { code: 'env-value', message: expect.stringContaining(`and from ${what}: the one in the image would be ignored`) },
    ]);
  });
});
