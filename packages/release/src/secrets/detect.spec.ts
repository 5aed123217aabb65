import { findSecrets } from './detect';
import { ASSIGNED_SECRETS, MARKED_SECRETS } from './gitleaks-rules';

// Put together here, so that no scanner takes this file for a leak.
const join = (...parts: string[]) => parts.join('');
/** Letters and digits as if drawn, the same in each run. */
const drawn = (length: number, alphabet = 'aB3dE5gH7jK9mN2pQ4rS6tV8wX0yZ1cF') =>
  Array.from({ length }, (_, index) => alphabet[(index * 7 + ((index * index) % 11)) % alphabet.length]).join('');
const hex = (length: number) => drawn(length, '0123456789abcdef');
const lower = (length: number) => drawn(length, 'abcdefghijklmnopqrstuvwxyz0123456789');

/** The rules of secretlint's recommended preset, and more: [what it is, a text with it, the rule]. */
const SECRETS: [string, string, string][] = [
  ['an AWS access key', join('AK', 'IAZ3MK7QRS4TUV2WXY'), 'aws-access-token'],
  ['the access key of Amazon’s documentation', join('AK', 'IAIOSFODNN7EXAMPLE'), 'aws-access-token'],
  ['an AWS secret key', join('aws_secret_access_key = ', drawn(40)), 'aws-secret-access-key'],
  ['an AWS secret key in Python', join('AWS_SECRET_ACCESS_KEY="', drawn(40), '"'), 'aws-secret-access-key'],
  [
    'a service account of Google',
    join('{"type": "service_account", "private_key": "-----BEGIN ', `PRIVATE KEY-----\\n${drawn(64)}\\n"}`),
    'google-service-account',
  ],
  ['an API key of Google', join('AI', 'za', drawn(35)), 'gcp-api-key'],
  [
    'an RSA key',
    join('-----BEGIN RSA ', `PRIVATE KEY-----\n${drawn(64)}\n${drawn(64)}\n-----END RSA PRIVATE KEY-----`),
    'private-key',
  ],
  [
    'an encrypted key',
    join('-----BEGIN RSA ', `PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${hex(32)}\n\n${drawn(64)}`),
    'private-key',
  ],
  ['a key in one line', join('KEY="-----BEGIN ', `PRIVATE KEY-----\\n${drawn(64)}"`), 'private-key'],
  ['an OpenSSH key', join('-----BEGIN OPENSSH ', `PRIVATE KEY-----\n${drawn(70)}\n`), 'private-key'],
  ['a PGP key', join('-----BEGIN PGP ', `PRIVATE KEY BLOCK-----\nVersion: 1\n\n${drawn(64)}`), 'private-key'],
  ['a token of npm', join('npm', '_', lower(36)), 'npm-access-token'],
  ['a login of npm', join('//registry.example.com/:_auth', 'Token=', drawn(20)), 'npm-registry-login'],
  ['a URL with a password', 'see https://ann:hunter2@git.acme.io/x', 'url-with-password'],
  ['a database with a password', 'DSN = "postgresql://bank:hunter2@db.acme.io:5432/bank"', 'url-with-password'],
  ['a cache with a password', 'redis://:hunter2@cache:6379/0', 'url-with-password'],
  ['a bot of Slack', join('xox', 'b-1234567890123-1234567890123-', drawn(24)), 'slack-bot-token'],
  ['a webhook of Slack', join('https://hooks.slack.com/services/', 'T0123456789/B0123456789/', drawn(24)), 'slack-webhook-url'],
  [
    'a webhook of Teams',
    join(
      'https://acme.webhook.office.com/webhookb2/',
      '01234567-89ab-cdef-0123-456789abcdef@01234567-89ab-cdef-0123-456789abcdef/IncomingWebhook/',
      hex(32),
      '/01234567-89ab-cdef-0123-456789abcdef',
    ),
    'microsoft-teams-webhook',
  ],
  ['a webhook of Discord', join('https://discord.com/api/webhooks/123456789012345678/', drawn(68)), 'discord-webhook-url'],
  ['SendGrid', join('SG', '.', drawn(22), '.', drawn(43)), 'sendgrid-api-token'],
  ['Shopify', join('shpat', '_', hex(32)), 'shopify-access-token'],
  ['a secret of a Shopify app', join('shpss', '_', drawn(32)), 'shopify-secret'],
  ['a token of GitHub', join('ghp', '_', drawn(36)), 'github-pat'],
  ['a fake token of GitHub, as people write them', join('ghp', '_abcdefghijklmnopqrstuvwxyz0123456789'), 'github-pat'],
  ['a fine-grained token of GitHub', join('github', '_pat_', drawn(82)), 'github-fine-grained-pat'],
  ['an app of GitHub', join('ghs', '_12345_', drawn(60)), 'github-app-token'],
  ['GitLab', join('gl', 'pat-', drawn(20)), 'gitlab-pat'],
  ['OpenAI', join('sk-', drawn(20), 'T3Blbk', 'FJ', drawn(20)), 'openai-api-key'],
  ['a project of OpenAI', join('sk-', 'proj-', drawn(60)), 'openai-or-anthropic-key'],
  ['Anthropic', join('sk-', 'ant-api03-', drawn(93), 'AA'), 'anthropic-api-key'],
  ['Linear', join('lin', '_api_', drawn(40)), 'linear-api-key'],
  ['1Password', join('A3', '-ABC2D3-4EFG5H-6JKLM-7NPQR-8STUV-9WXYZ'), '1password-secret-key'],
  ['Stripe', join('sk', '_live_', drawn(24)), 'stripe-access-token'],
  ['Hugging Face', join('hf', '_', drawn(34, 'abcdefghijklmnopqrstuvwxyz')), 'huggingface-access-token'],
  ['Telegram', join('1234567890:', 'AA', drawn(33)), 'telegram-bot-token'],
  ['Vault', join('hvs', '.', drawn(95)), 'vault-service-token'],
  ['Vercel', join('vcp', '_', drawn(40)), 'vercel-token'],
  ['Cloudflare', join('cfat', '_', drawn(48)), 'cloudflare-token'],
  ['Tailscale', join('tskey', '-auth-', drawn(12), '-', drawn(24)), 'tailscale-key'],
  ['Figma', join('figd', '_', drawn(40)), 'figma-token'],
  ['Docker Hub', join('dckr', '_pat_', drawn(27)), 'docker-token'],
  ['a login of docker', join('{"auths": {"ghcr.io": {"au', 'th": "', drawn(24), '"}}}'), 'docker-registry-login'],
  [
    'a storage account of Azure',
    join('DefaultEndpointsProtocol=https;AccountName=a;Account', 'Key=', drawn(86), '=='),
    'azure-storage-key',
  ],
  ['a kubeconfig', join('    client-key', '-data: ', drawn(60)), 'kubeconfig'],
  [
    'a JSON web token',
    join('ey', 'JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', '.ey', 'JzdWIiOiIxMjM0NTY3ODkwIn0', '.', drawn(43)),
    'jwt',
  ],
  ['a key by its name', join('api_', `key = "${drawn(32)}"`), 'generic-secret'],
  ['a key of a mapping in Python', join(`config["client_`, `secret"] = '${drawn(32)}'`), 'generic-secret'],
  ['a key by its vendor', join('DATADOG_API_', `KEY=${lower(40)}`), 'datadog-access-token'],
];

test.each(SECRETS)('%s is found, where it is', (_, text, rule) => {
  const found = findSecrets(`first line\n${text}\nlast line`);
  expect(found.map((each) => each.rule)).toContain(rule);
  expect(found.every(({ index }) => index >= 10)).toBe(true);
});

test.each([
  'api_key = os.environ["API_KEY"]',
  'token = request.headers.get("Authorization")',
  'password: str = "password"',
  'if "-----BEGIN RSA PRIVATE KEY-----" in text:',
  'https://docs.example.com/a:b@c',
  'https://user:pass@example.com/x',
  'postgres://postgres:postgres@db:5432/x',
  'postgres://bank:hunter2@localhost:5432/x',
  'postgres://bank:${DB_PASSWORD}@db/x',
  'https://{{user}}:{{pass}}@h/x',
  'https://ann:YOUR_PASSWORD@h/x',
  '"NextToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6"',
  'integrity sha512-abc',
  'tokenizer = "cl100k_base"',
  `secret_name = "projects/acme/secrets/db-password/versions/latest"`,
  'uuid: 01234567-89ab-cdef-0123-456789abcdef',
  `commit: ${'0a1b2c3d4e'.repeat(4)}`,
  'sk-a-locale-with-a-long-name',
  'xoxb-your-token-here',
  '',
])('%j is none', (text) => expect(findSecrets(text)).toEqual([]));

test('never the secret, only the rule and the place', () => {
  const secret = drawn(32);
  const found = findSecrets(`a = 1\napi_key = "${secret}"`);
  expect(found).toEqual([{ rule: 'generic-secret', index: 17 }]);
  expect(JSON.stringify(found)).not.toContain(secret);
});

test('each rule of gitleaks compiles, has keywords in lower case, and nothing in it repeats a repetition', () => {
  for (const [id, name, secret, , keywords] of ASSIGNED_SECRETS) {
    expect(() => new RegExp(`(?:${name})(${secret})`, 'i')).not.toThrow();
    expect([id, keywords]).toEqual([id, keywords.toLowerCase()]);
  }
  for (const [id, source, flags, , keywords] of MARKED_SECRETS) {
    expect(() => new RegExp(source, flags)).not.toThrow();
    expect([id, keywords]).toEqual([id, keywords.toLowerCase()]);
    expect([id, /[*+}]\)[*+{]/.test(source.replace(/\{\d+\}/g, ''))]).toEqual([id, false]);
  }
  expect(ASSIGNED_SECRETS.length + MARKED_SECRETS.length).toBeGreaterThan(200);
});
