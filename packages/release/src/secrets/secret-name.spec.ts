import { isSecretItself, isSecretName } from './secret-name';

test.each([
  'PASSWORD',
  'DB_PASSWORD',
  'dbPassword',
  'db-password',
  'apiKey',
  'api_key',
  'clientSecret',
  'SECRET_KEY',
  'access-token',
  'signing_key',
  'password_2',
])('%s promises a secret', (name) => expect(isSecretName(name)).toBe(true));
test.each([
  'KEY',
  'tokens',
  'max_tokens',
  'TOKEN_COOKIE_NAME',
  'secret_path',
  'password_file',
  'REDIS_KEYPREFIX',
  'compass',
  'nextToken',
])('%s promises none', (name) => expect(isSecretName(name)).toBe(false));

test.each([
  ['password', 'hunter2hunter2'],
  ['password', 'hunter'],
  ['DB_PASSWORD', 'a b c'],
  ['dbPassword', 'pass1'],
  ['token', 'a1b2c3d4e5'],
  ['apiKey', 'A1B2C3D4E5F6'],
])('%s: %s is the secret itself', (name, value) => expect(isSecretItself(name, value)).toBe(true));

test.each([
  ['password', ''],
  ['password', 'env:DB_PASSWORD'],
  ['password', '${DB_PASSWORD}'],
  ['password', '{{ db_password }}'],
  ['password', 'DB_PASSWORD'],
  ['password', 'ssm:/acme/db'],
  ['password', 'acme/db-password'],
  ['password', 'true'],
  ['password', 'optional'],
  ['token', 'bearer'],
  ['token', 'acme/prod/t1'],
  ['secret', 'my-app-v2'],
  ['secret', 'openai.api_key'],
  ['name', 'hunter2hunter2'],
])('%s: %s is a reference, a word, or no secret at all', (name, value) => expect(isSecretItself(name, value)).toBe(false));
