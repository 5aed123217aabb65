import { isEnvName, misnamed, OWNED, readersOf } from './names';

// The names in the only task definitions that the platform's repository ever had, by service. Registered as they are, tasks start without a database.
const T: [component: 'ingress' | 'proc' | 'proxylogin' | 'frontend', name: string, instead: string | undefined][] = [
  ['ingress', 'ENV', undefined],
  ['ingress', 'APP_PORT', 'CHAT_APP_PORT'],
  ['proc', 'APP_PORT', 'CHAT_PROCESSOR_PORT'],
  ['proc', 'DB_HOST', 'POSTGRES_HOST'],
  ['proc', 'DB_PORT', 'POSTGRES_PORT'],
  ['proc', 'DB_NAME', 'POSTGRES_DATABASE'],
  ['proc', 'DB_PASSWORD', 'POSTGRES_PASSWORD'],
  ['proc', 'SECRET_KEY', undefined],
  ['proxylogin', 'COGNITO_USER_POOL_ID', 'COGNITO_USERPOOLID'],
  ['proxylogin', 'COGNITO_APP_CLIENT_ID', 'COGNITO_CLIENTID'],
  ['proxylogin', 'COGNITO_APP_CLIENT_SECRET', 'COGNITO_CLIENTSECRET'],
  ['proxylogin', 'SESSION_SECRET', undefined],
  ['frontend', 'REACT_APP_ROUTES_PREFIX', undefined],
];

test.each(T)('in %s %s is read as %s', (component, name, instead) => {
  expect(misnamed(name, component)).toEqual({ instead });
});

test.each([
  ['ingress', 'CHAT_APP_PORT'],
  ['ingress', 'COGNITO_USER_POOL_ID'],
  ['proxylogin', 'COGNITO_USERPOOLID'],
  ['proc', 'REDIS_HOST'],
  ['proc', 'constructor'],
  ['other', 'DB_HOST'],
] as const)('in %s %s is right', (component, name) => {
  expect(misnamed(name, component)).toBeUndefined();
});

test('whom a shared variable goes to', () => {
  expect(readersOf('POSTGRES_HOST')).toEqual(['ingress', 'proc', 'postgres-setup']);
  expect(readersOf('POSTGRES_HOST', true)).toContain('metrics');
  expect(readersOf('REDIS_URL')).toEqual(['ingress', 'proc', 'metrics', 'proxylogin']);
  expect(readersOf('OPENAI_API_KEY')).toEqual(['ingress', 'proc']);
  expect(readersOf('WEB_SEARCH_BACKEND')).toEqual(['proc']);
  expect(readersOf('APP_AV_SCAN')).toEqual(['ingress']);
  expect(readersOf('ANYTHING_ELSE')).toEqual(['ingress', 'proc', 'metrics']);
});

test('what is made elsewhere names a place of the file', () => {
  for (const [name, place] of Object.entries(OWNED))
    expect(`${name}: ${place}`).toMatch(/: (?:[a-z_]+[.:]|the deploy|component: |bundles: )/);
});

test.each(['A', '_a', 'A1_b'])('%s is a name', (name) => expect(isEnvName(name)).toBe(true));
test.each(['', '1A', 'A-B', 'A=B', 'A B', 'É', 'A\n', 'A'.repeat(256)])('%j is none', (name) =>
  expect(isEnvName(name)).toBe(false),
);
