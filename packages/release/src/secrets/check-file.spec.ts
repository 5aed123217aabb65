import { MAX_SCANNED_BYTES, secretsInFile } from './check-file';

const bytes = (text: string) => new TextEncoder().encode(text);
const rules = (path: string, text = 'x') => secretsInFile(path, bytes(text)).map(({ rule }) => rule);

test.each([
  ['.env', 'env-file'],
  ['.env.production', 'env-file'],
  ['deep/in/.ENV.local', 'env-file'],
  ['.envrc', 'env-file'],
  ['prod.env', 'env-file'],
  ['id_rsa', 'ssh-key'],
  ['keys/id_ed25519', 'ssh-key'],
  ['.ssh/anything', 'ssh-key'],
  ['putty.ppk', 'ssh-key'],
  ['store.p12', 'key-store'],
  ['store.jks', 'key-store'],
  ['passwords.kdbx', 'key-store'],
  ['.netrc', 'netrc'],
  ['_netrc', 'netrc'],
  ['.git-credentials', 'git-credentials'],
  ['.pgpass', 'database-passwords'],
  ['.htpasswd', 'htpasswd'],
  ['.docker/config.json', 'docker-registry-login'],
  ['.dockercfg', 'docker-registry-login'],
  ['.aws/credentials', 'aws-credentials'],
  ['home/.aws/config', 'aws-credentials'],
  ['.config/gcloud/access_tokens.db', 'google-credentials'],
  ['application_default_credentials.json', 'google-credentials'],
  ['.azure/msal_token_cache.json', 'azure-credentials'],
  ['kubeconfig', 'kubeconfig'],
  ['.kube/config', 'kubeconfig'],
  ['terraform.tfstate', 'terraform-state'],
  ['.vault-token', 'vault-token'],
  ['.boto', 'cloud-credentials'],
  ['bundles.secrets.yaml', 'secrets-file'],
  ['.streamlit/secrets.toml', 'secrets-file'],
  ['.gnupg/secring.gpg', 'gpg-key'],
  ['.bash_history', 'shell-history'],
])('%s is refused by its name: %s', (path, rule) => expect(secretsInFile(path, bytes(''))).toEqual([{ rule }]));

test.each([
  '.env.example',
  '.env.sample',
  'secrets.yaml.template',
  'env.py',
  'environment.env.md',
  'id_rsa.pub',
  '.ssh/id_ed25519.pub',
  '.ssh/known_hosts',
  'config.json',
  'credentials.py',
  'secrets.py',
  'netrc.py',
  'entrypoint.py',
])('%s is not refused by its name', (path) => expect(rules(path)).toEqual([]));

test.each<[string, string, string[]]>([
  ['.npmrc', '//registry.npmjs.org/:_authToken=0a1b2c3d-4e5f\n', ['npm-registry-login']],
  ['.npmrc', '//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nfund=false\n', []],
  ['.yarnrc.yml', 'npmAuthToken: "0a1b2c3d-4e5f"\n', ['npm-registry-login']],
  ['.pypirc', '[pypi]\nusername = ann\npassword = hunter2hunter2\n', ['secret-setting']],
  ['.pypirc', '[pypi]\nusername = __token__\npassword = ${TOKEN}\n', []],
  ['pip.conf', '[global]\nindex-url = https://ann:hunter2@pypi.acme.io/simple\n', ['url-with-password']],
  ['config/app.env', 'LOG_LEVEL=debug\nexport DB_PASSWORD=hunter2hunter2\n', ['secret-setting']],
  ['config/app.yaml', 'db:\n  password: hunter2hunter2\n', ['secret-setting']],
  ['config/app.json', '{"db": {"apiKey": "a1b2c3d4e5f6"}}', ['secret-setting']],
  ['Dockerfile', 'FROM a\nENV API_TOKEN=a1b2c3d4e5f6a7\n', ['secret-setting']],
  ['images/x/Dockerfile_ChatProcBundled', 'FROM a\nENV A=1 DB_PASSWORD=hunter2hunter2 B=2\n', ['secret-setting']],
  ['prod.dockerfile', 'FROM a\nENV DB_PASSWORD hunter2hunter2\n', ['secret-setting']],
  ['Containerfile', 'FROM a\nARG SECRET_KEY="a1b2c3d4e5f6a7"\n', ['secret-setting']],
  ['Dockerfile', 'FROM a\nRUN TOKEN=a1b2c3d4e5f6a7 ./fetch.sh\n', ['secret-setting']],
  ['start.sh', '#!/bin/sh\nset -e; export API_TOKEN=a1b2c3d4e5f6a7\n', ['secret-setting']],
  ['Makefile', 'deploy:\n\tDB_PASSWORD=hunter2hunter2 ./deploy\n', ['secret-setting']],
  ['config/app.toml', '[db]\npassword = "hunter2hunter2"\n', ['secret-setting']],
  ['Dockerfile', 'FROM a\nENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D TOKEN_FILE=/run/t1\nARG API_TOKEN\n', []],
  ['Dockerfile', 'FROM a\nENV API_TOKEN=$TOKEN1 DB_PASSWORD=${DB_PASSWORD_2}\nLABEL key=value1\n', []],
  ['start.sh', 'export API_TOKEN="$(cat /run/secrets/token1)" DB_PASSWORD=$1\n', []],
  ['locales/en.json', '{"password": "Password", "enterPassword": "Enter your password"}', []],
  ['config/app.yaml', 'db:\n  password: "env:DB_PASSWORD2"\n  token: ssm:/acme/token1\n', []],
  ['entrypoint.py', 'password = "hunter2hunter2"\n', []],
])('%s with %j', (path, text, expected) => expect(rules(path, text)).toEqual(expected));

test('the line of each', () => {
  const text = `import os\n\nURL = "https://ann:hunter2@acme.io"\n\n\nOTHER = "https://bob:hunter3@acme.io"\n`;
  expect(secretsInFile('a.py', bytes(text))).toEqual([
    { rule: 'url-with-password', line: 3 },
    { rule: 'url-with-password', line: 6 },
  ]);
});

test('text in UTF-16, as Windows writes it, is text; a file with a NUL is none, and past the limit nothing is read', () => {
  const url = 'https://ann:hunter2@acme.io';
  const utf16 = new Uint8Array([0xff, 0xfe, ...[...url].flatMap((char) => [char.charCodeAt(0), 0])]);
  expect(secretsInFile('a.txt', utf16)).toEqual([{ rule: 'url-with-password', line: 1 }]);
  expect(rules('a.bin', `\0${url}`)).toEqual([]);
  expect(rules('a.txt', `${'x\n'.repeat(MAX_SCANNED_BYTES / 2 - 100)}${url}`)).toEqual(['url-with-password']);
  expect(rules('a.txt', `${'x\n'.repeat(MAX_SCANNED_BYTES / 2)}${url}`)).toEqual([]);
});
