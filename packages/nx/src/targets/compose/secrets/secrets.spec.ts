import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import type { ComposePlan, Environment } from '@kdcube/release/internal';
import { secretReference } from '../../../../../release/src/environment/secret-reference';
import { restoreVariables } from '../../../../testing/aws-kit';
import { type FakeSsh, fakeSsh } from '../../../../testing/hosts/fake-ssh';
import { resetStop } from '../../../system/programs/signals';
import { type Host, openHost } from '../host/host';
import { readSecretStamps, requireNoOverrides, writeFetchedSecrets } from './secrets';

const VALUE = `correct'horse "$battery" # staple\n\\`;
const variables = { ...process.env };

let ssh: FakeSsh;
let folder: string;
let host: Host;
let aws: http.Server;
/** What AWS has: by the name of a parameter or the id of a secret. */
let stored: Record<string, string>;
let asked: string[];

beforeEach(async () => {
  stored = { '/kdcube/redis': VALUE, 'acme/keys': JSON.stringify({ openai: 'sk-canary', limit: 7 }) };
  asked = [];
  // The shapes of https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html and API_GetSecretValue.
  aws = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      const { Name, SecretId } = JSON.parse(body) as Record<string, string>;
      asked.push(`${target} ${Name ?? SecretId}`);
      const value = stored[(Name ?? SecretId)!];
      const missing = target.startsWith('AmazonSSM') ? 'ParameterNotFound' : 'ResourceNotFoundException';
      response.writeHead(value === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      if (value === undefined) response.end(JSON.stringify({ __type: missing, message: 'not there' }));
      else
        response.end(
          JSON.stringify(
            Name ? { Parameter: { Name, Type: 'SecureString', Value: value } } : { Name: SecretId, SecretString: value },
          ),
        );
    });
  });
  await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
  });
  ssh = fakeSsh();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-secrets-'));
  host = await openHost('ssh://deploy@kdcube.example.com');
});
afterEach(async () => {
  await host.close();
  ssh.remove();
  restoreVariables(variables);
  await new Promise((resolve) => aws.close(resolve));
  fs.rmSync(folder, { recursive: true, force: true });
  resetStop();
});

const environment = (secrets: Record<string, string>) =>
  ({
    ecs: { region: 'eu-central-1' },
    services: [
      {
        name: 'proc',
        target: 'compose',
        secrets: Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, secretReference(text)])),
      },
      { name: 'web', target: 'ecs', secrets: { A: secretReference('ssm:/not/asked') } },
    ],
  }) as unknown as Environment;
const place = () => ({ directory: folder, environment: 'host' });
const thrown = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error.problems[0],
  );
const FETCHED = {
  REDIS_PASSWORD: 'ssm:/kdcube/redis',
  OPENAI_API_KEY: 'secretsmanager:acme/keys#openai',
  LIMIT: 'secretsmanager:acme/keys#limit',
};

it('fetches what AWS has, and writes it through standard input into a private file', async () => {
  const stamps = await readSecretStamps(host, place(), environment(FETCHED));
  expect([...stamps.keys()]).toEqual(['.kdcube/secrets/proc.env']);
  expect(fs.readdirSync(path.join(folder, '.kdcube'))).toEqual(['stamp-key']);
  await writeFetchedSecrets(host, place(), environment(FETCHED), stamps);
  const file = path.join(folder, '.kdcube/secrets/proc.env');
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  const text = fs.readFileSync(file, 'utf8');
  expect(text).toContain('OPENAI_API_KEY=sk-canary\n');
  expect(text).toContain('LIMIT=7\n');
  expect(text).toContain(`REDIS_PASSWORD="correct'horse \\"\\$battery\\" # staple\\n\\\\"\n`);
  expect(await readSecretStamps(host, place(), environment(FETCHED))).toEqual(stamps);
  expect(asked).not.toContain('AmazonSSM.GetParameter /not/asked');
  expect(asked.filter((call) => call === 'AmazonSSM.GetParameter /kdcube/redis')).toHaveLength(3);
});

it('shows no secret in an argument, a stamp or a Problem', async () => {
  const stamps = await readSecretStamps(host, place(), environment(FETCHED));
  await writeFetchedSecrets(host, place(), environment(FETCHED), stamps);
  stored['acme/keys'] = '["sk-canary"]';
  const problem = await thrown(readSecretStamps(host, place(), environment(FETCHED)));
  expect(problem).toMatchObject({
    code: 'secret-unreadable',
    message: expect.stringContaining('is not a JSON object with the key openai'),
  });
  const visible = [...ssh.args(), ...stamps.values(), JSON.stringify(problem)].join('\n');
  expect(visible).not.toMatch(/sk-canary|correct'horse|battery/);
});

it('has a stamp that changes with the secret, and writes nothing that the plan did not see', async () => {
  const stamps = await readSecretStamps(host, place(), environment(FETCHED));
  stored['/kdcube/redis'] = 'another';
  expect(await readSecretStamps(host, place(), environment(FETCHED))).not.toEqual(stamps);
  expect(await thrown(writeFetchedSecrets(host, place(), environment(FETCHED), stamps))).toMatchObject({ code: 'plan-outdated' });
  expect(fs.existsSync(path.join(folder, '.kdcube/secrets'))).toBe(false);
});

it('stamps the files of ops where they are', async () => {
  const file = path.join(folder, 'proc.env');
  fs.writeFileSync(file, 'A=sk-canary\nB=2\n', { mode: 0o600 });
  const stamps = await readSecretStamps(host, place(), environment({ A: `file:${file}`, B: `file:${file}` }));
  expect([...stamps.keys()]).toEqual([file]);
  await writeFetchedSecrets(host, place(), environment({ A: `file:${file}` }), stamps);
  expect(fs.readFileSync(file, 'utf8')).toBe('A=sk-canary\nB=2\n');
  expect(asked).toEqual([]);
});

it('explains a secret that AWS does not have', async () => {
  delete stored['/kdcube/redis'];
  expect(await thrown(readSecretStamps(host, place(), environment(FETCHED)))).toMatchObject({
    code: 'secret-unreadable',
    message: 'The secret ssm:/kdcube/redis does not exist in this account and region.',
  });
});

it('asks for the version that an ARN of ECS names', async () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme/keys-AbCdEf';
  stored[arn] = '{"openai": "sk-canary"}';
  await readSecretStamps(host, place(), environment({ A: `${arn}:openai:AWSPREVIOUS:` }));
  expect(asked).toEqual([`secretsmanager.GetSecretValue ${arn}`]);
  expect(execFileSync('ls', [path.join(folder, '.kdcube')], { encoding: 'utf8' })).toBe('stamp-key\n');
});

it('a secret file without the variable that it is named for, or with one that the environment sets, is refused; no line of it is shown', async () => {
  const file = path.join(folder, 'proc.env');
  fs.writeFileSync(file, "  export A='sk-canary'\nB : x\n#C=1\nXD=1\nTENANT_ID=mine\n", { mode: 0o600 });
  const secrets = (...names: string[]) => environment(Object.fromEntries(names.map((name) => [name, `file:${file}`])));
  expect((await readSecretStamps(host, place(), secrets('A', 'B'))).size).toBe(1);
  const problem = await thrown(readSecretStamps(host, place(), secrets('A', 'C', 'D')));
  expect(problem).toMatchObject({
    code: 'secret-unreadable',
    message: expect.stringMatching(/proc\.env on ssh:.* has no line C=…, which proc needs/),
  });
  const plan = (...names: string[]) =>
    ({
      content: { services: { proc: { env: Object.fromEntries(names.map((name) => [name, 'x'])) } } },
    }) as unknown as ComposePlan;
  await requireNoOverrides(host, secrets('A'), plan('TENANT', 'ID', 'D'));
  expect(await thrown(requireNoOverrides(host, secrets('A'), plan('TENANT_ID', 'OTHER')))).toMatchObject({
    code: 'compose-invalid',
    message: expect.stringContaining('sets TENANT_ID, and so does the environment for proc'),
  });
  expect(ssh.args().join('\n')).not.toContain('canary');
});
