import { secretReference, shownReference, valueFrom } from './secret-reference';

const HERE = { account: '123456789012', region: 'eu-central-1' };

test.each([
  ['ssm:/kdcube/prod/openai', 'arn:aws:ssm:eu-central-1:123456789012:parameter/kdcube/prod/openai'],
  ['ssm:openai', 'arn:aws:ssm:eu-central-1:123456789012:parameter/openai'],
  ['secretsmanager:kdcube/db', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kdcube/db'],
  ['secretsmanager:kdcube/db#password', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kdcube/db:password::'],
  ['arn:aws:ssm:us-east-1:999999999999:parameter/a/b', 'arn:aws:ssm:us-east-1:999999999999:parameter/a/b'],
  [
    'arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:a/b-AbCdEf:key:AWSCURRENT:',
    'arn:aws-cn:secretsmanager:cn-north-1:999999999999:secret:a/b-AbCdEf:key:AWSCURRENT:',
  ],
])('%s is %s', (text, arn) => {
  const reference = secretReference(text)!;
  expect(shownReference(reference)).toBe(text);
  expect(reference.store === 'file' ? '' : valueFrom(reference, HERE)).toBe(arn);
});

test('uses the partition of the region', () => {
  const reference = secretReference('ssm:/a') as { store: 'ssm'; name: string };
  expect(valueFrom(reference, { account: '1', region: 'cn-north-1' })).toMatch(/^arn:aws-cn:/);
  expect(valueFrom(reference, { account: '1', region: 'us-gov-west-1' })).toMatch(/^arn:aws-us-gov:/);
});

test('parses a file of the host', () => {
  expect(secretReference('file:/etc/kdcube/a b')).toEqual({ store: 'file', path: '/etc/kdcube/a b' });
});

test.each([
  '',
  'hunter2',
  'ssm:',
  'ssm:/',
  'ssm:/a//b',
  'ssm:/a b',
  'ssm:/a\nb',
  'secretsmanager:',
  'secretsmanager:#key',
  'secretsmanager:a#b#c',
  'secretsmanager:a b',
  'file:relative',
  'file:/a/../b',
  'arn:aws:s3:::bucket',
  'arn:aws:ssm:eu-central-1:123:parameter/a',
  'https://vault.example.com/a',
  `ssm:/${'a'.repeat(3000)}`,
])('%j is not a reference', (text) => {
  expect(secretReference(text)).toBeUndefined();
});
