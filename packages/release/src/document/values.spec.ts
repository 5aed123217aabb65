import { valueFault } from './values';
import { placeholderIn } from '../secrets/placeholder';
import { isSecretName } from '../secrets/secret-name';
import { looksRandom } from '../secrets/random';

test.each([
  '<POSTGRES_HOST>',
  'redis://:<REDIS_PASSWORD>@h:6379',
  'sk-proj-...',
  'sk-ant-...',
  'hf_...',
  '...',
  'your.domain.com',
  'https://YOUR_DOMAIN/auth',
  '/absolute/path/to/bundles',
  'changeme',
  'REDACTED',
  'YourCompany',
])('%s is a placeholder', (text) => expect(placeholderIn(text)).toBeDefined());

test.each(['a<b', '<b>bold</b>', 'waiting...', 'see you later ...', 'kdcube', 'x'.repeat(40), '^<[a-z]+>$', 'changes', 'pathto'])(
  '%s is none',
  (text) => {
    // Three dots after a blank end many sentences, and cost one line in a file: those are asked about.
    expect(placeholderIn(text)).toBe(text === 'see you later ...' ? ' ...' : undefined);
  },
);

test.each([
  'POSTGRES_PASSWORD',
  'OPENAI_API_KEY',
  'GH_TOKEN',
  'CLIENT_SECRET',
  'COGNITO_CLIENTSECRET',
  'AWS_SECRET_ACCESS_KEY',
  'METRICS_AUTH_HEADER_VALUE',
  'db_password',
  'API_KEY_2',
])('%s promises a secret', (name) => expect(isSecretName(name)).toBe(true));

test.each([
  'REDIS_KEYPREFIX',
  'ID_TOKEN_HEADER_NAME',
  'AUTH_TOKEN_COOKIE_NAME',
  'MAX_TOKENS',
  'GIT_SSH_KEY_PATH',
  'COMPASS',
  'PASSENGER',
  'TOKEN_MASQUERADE',
  'TOKEN_COOKIES_DOMAIN',
])('%s does not', (name) => expect(isSecretName(name)).toBe(false));

describe('drawn at random', () => {
  test.each([
    'q8Zk3vR1pW7tYx5uBn2mL9cD',
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '{"cookies":{"sid":"1:q8Zk3vR1pW7tYx5uBn2mL9cD"}}',
    'https://h.example.com/?sig=Zm9vYmFyMTIzNDU2Nzg5MGFiY2Rl',
  ])('%s', (text) => expect(looksRandom(text)).toBe(true));

  test.each([
    '',
    'kdcube.relay.chatbot',
    'arn:aws:iam::123456789012:role/kdcube-chat-ingress-task-role',
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kdcube/cognito-client-secret-AbCdEf',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com/kdcube-chat-proc',
    `r.example.com/a@sha256:${'0a1b'.repeat(16)}`,
    '0123456789abcdef0123456789abcdef01234567',
    '6fa459ea-ee8a-3ca4-894e-db77e160355e',
    'openai-text-embedding-3-small',
    'acme-prod.cluster-cx1y2z3abcde.eu-central-1.rds.amazonaws.com',
    'subnet-0a1b2c3d4e5f6a7b8,subnet-4e5f6a7b8c9d0e1f2',
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI/.well-known/jwks.json',
    '{"allow_origins":["https://lifts.alps.example","http://localhost:5173"],"allow_credentials":true}',
    '169.254.169.254,localhost,127.0.0.1',
    'Donaudampfschifffahrtsgesellschaft',
    'eu-central-1_AbCdEfGhI',
    's3://alps-prod-artifacts-eu-central-1/kdcube/storage/v2',
  ])('%s is not', (text) => expect(looksRandom(text)).toBe(false));
});

test.each([
  ['a\0b', /NUL/],
  ['a\ud83d', /half/],
  ['\ude00a', /half/],
])('%j cannot be in an environment', (text, why) => {
  expect(valueFault(text)).toMatch(why);
});

test.each(['', '😀', `'"$#\\\n\r\t`, '\u0001', '\u2028'])('%j can', (text) => expect(valueFault(text)).toBeUndefined());
