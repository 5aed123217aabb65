import { buildArgProblems } from './build-args';

it.each([
  ['PYTHON_EXTRAS', 'pdf,docx'],
  ['PIP_INDEX_URL', 'https://pypi.example/simple'],
  ['API_TOKEN', '${API_TOKEN}'],
  ['TOKEN_FILE', '/run/secrets/token1'],
  ['VERSION', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'],
])('accepts %s=%s', (name, value) => expect(buildArgProblems({ [name]: value })).toEqual([]));

it.each([
  ['API_TOKEN', 'a1b2c3d4e5f6a7b8'],
  ['DB_PASSWORD', 'correct horse'],
  ['PIP_INDEX_URL', 'https://build:hunter2hunter2@pypi.example/simple'],
  ['ANYTHING', `ghp_${'a1B2c3'.repeat(6)}`],
  ['SETTINGS', '{"db":{"password":"hunter2hunter2"}}'],
])('rejects the secret in %s, and does not show it', (name, value) => {
  const problems = buildArgProblems({ A: '1', [name]: value });
  expect(problems.map(({ code }) => code)).toEqual(['secret-value']);
  expect(problems[0]!.message).toContain(name);
  expect(JSON.stringify(problems)).not.toContain(value);
});

it('reports every invalid argument at once', () => {
  const problems = buildArgProblems({ KDCUBE_REGISTRY: 'x', 'A=B': 'x', '-x': 'x', '': 'x', GOOD: 'x' });
  expect(problems.map(({ code }) => code)).toEqual(Array(4).fill('wrong-option'));
});
