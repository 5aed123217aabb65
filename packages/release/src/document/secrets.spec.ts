import { secretsIn } from './secrets';

// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: string[]) => parts.join('');
const SECRETS: [string, string][] = [
  ['a private key', join('-----BEGIN RSA ', 'PRIVATE KEY-----\nx')],
  ['an AWS access key', join('AKIA', 'ABCDEFGHIJKLMNOP')],
  ['a GitHub token', join('ghp', '_', 'a1'.repeat(18))],
  ['a GitHub token', join('github', '_pat_', 'a1'.repeat(20))],
  ['a GitLab token', join('gl', 'pat-', 'a1'.repeat(10))],
  ['a Slack token', join('xox', 'b-1234567890-abc')],
  ['an API key', join('sk-', 'ant-', 'a1'.repeat(12))],
  ['an API key', join('sk-', 'a1'.repeat(12))],
  ['a Google API key', join('AI', 'za', 'x'.repeat(35))],
  ['a URL with a password', 'postgres://bank:hunter2@db/bank'],
  ['a URL with a password', 'see redis://:pw@cache:6379'],
];
SECRETS.push(
  ['a secret (slack-webhook-url)', join('https://hooks.slack.com/services/', 'T0123456789/B0123456789/', 'a1'.repeat(12))],
  ['JSON with a secret in db.password', '{"db":{"password":"hunter2hunter2"}}'],
  ['JSON with a secret in 0.apiKey', '[{"apiKey": "a1b2c3d4e5"}]'],
  ['JSON with a secret in inner', '{"inner": "{\\"password\\": \\"hunter2\\"}"}'],
  ['a text with a secret in password', 'host=db user=bank password=hunter2 dbname=bank'],
  ['a text with a secret in token', 'https://h/p?x=1&token=a1b2c3d4e5'],
  ['a secret (azure-storage-key)', join('AccountName=a;Account', 'Key=', 'a1'.repeat(43), '==')],
);
const HARMLESS = [
  '',
  'a1'.repeat(20),
  'sk-a-locale-with-a-long-name',
  'task-1234567890123456789012',
  'postgres://bank@db/bank',
  'https://h/p@x:y',
];
HARMLESS.push(
  'postgres://bank:${PW}@db',
  'redis://:<FILL_ME>@c',
  'a://b:{{ pw }}@c',
  'a://b:***@c',
  'a://b:%s@c',
  'http://localhost:8080/x',
  'env:OPENAI_API_KEY',
);
HARMLESS.push(
  '{"db":{"password":"env:DB_PASSWORD"}}',
  '{"password":"${DB_PASSWORD}","tokens":100}',
  '{"labels":{"password":"<FILL_ME>"}}',
  'host=db password=$DB_PASSWORD',
  '{not json, password: x1}',
  'https://h/p?token=<TOKEN>&max_tokens=1000',
);
HARMLESS.push('git@github.com:org/repo', 'sha256:'.padEnd(71, '0'), 'AKIA is a prefix');

test.each(SECRETS)('%s is seen, at its path, and its value is not returned', (kind, value) => {
  expect(secretsIn({ a: [{ b: value }] })).toEqual([{ path: ['a', 0, 'b'], kind }]);
});

test.each(HARMLESS)('%j is none', (value) => expect(secretsIn(value)).toEqual([]));

test('a repository’s URL has a problem of its own; another mark in it is still seen', () => {
  expect(secretsIn({ repo: 'https://u:p@h/r', repos: { x: 'https://u:p@h/r' } })).toEqual([]);
  expect(secretsIn({ config: { repo: SECRETS[2]![1] } })).toHaveLength(1);
});

test('every place at once', () => {
  expect(secretsIn(Object.fromEntries(SECRETS.map(([, value], index) => [`k${index}`, value])))).toHaveLength(SECRETS.length);
});
