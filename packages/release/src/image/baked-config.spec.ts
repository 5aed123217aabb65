import type { Problem } from '../problem/problem';
import { readBakedConfig } from './baked-config';

const FILE = 'images/ui/config.json';

function read(config: unknown, allowed = false) {
  const problems: Problem[] = [];
  const text = typeof config === 'string' || config === undefined ? config : JSON.stringify(config);
  return { baked: readBakedConfig(text, FILE, allowed, problems), problems };
}

const OWN = { tenant: 'alps', project: 'lifts' };

test('says whose it is', () => {
  expect(read({ ...OWN, auth: { authType: 'hardcoded', token: 'test-admin-token-123' } })).toEqual({ baked: OWN, problems: [] });
});

test.each<[string, unknown, string, string]>([
  ['no file', undefined, 'file-missing', 'there is no images/ui/config.json'],
  ['no JSON', '{tenant: alps}', 'wrong-type', 'must be one JSON object'],
  ['nothing', '', 'wrong-type', 'must be one JSON object'],
  ['a list', [OWN], 'wrong-type', 'must be one JSON object'],
  ['null', null, 'wrong-type', 'must be one JSON object'],
  ['no tenant', { project: 'lifts' }, 'missing-key', 'has no tenant:'],
  ['neither', { tenant: '', project: 3 }, 'missing-key', 'has no tenant and no project'],
  [
    'a secret',
    { ...OWN, auth: { oidcConfig: { client_secret: 'hunter2hunter2' } } },
    'secret-value',
    '"auth.oidcConfig.client_secret"',
  ],
])('refuses %s', (_, config, code, message) => {
  const { baked, problems } = read(config);
  expect(baked).toBeUndefined();
  expect(problems).toMatchObject([{ code, message: expect.stringContaining(message), at: { file: FILE } }]);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});

test('what looks like a secret can be cleared by its file', () => {
  expect(read({ ...OWN, apiPassword: 'hunter2hunter2' }, true)).toEqual({ baked: OWN, problems: [] });
});
