import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { startEcr } from './ecr.mjs';
import { AUTHORITY } from './tls.mjs';

const require = createRequire(path.join(import.meta.dirname, '../../packages/nx/package.json'));
const { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } = require('@aws-sdk/client-ecr');

let ecr;
let client;

beforeEach(async () => {
  ecr = await startEcr({ repositories: ['made'] });
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
  client = new ECRClient({ region: 'eu-central-1', endpoint: ecr.api, credentials });
});

afterEach(async () => {
  client.destroy();
  await ecr.close();
});

/** Asks the registry, by its name. */
function ask(method, address, authorization) {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const url = new URL(address, `https://${ecr.host}`);
    const request = https.request(url, { method, ca: AUTHORITY, servername: ecr.name, headers, agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve([response.statusCode, body && response.statusCode >= 400 ? JSON.parse(body).errors[0] : undefined]);
      });
    });
    request.on('error', reject);
    request.end();
  });
}

async function token() {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  return `Basic ${authorizationData[0].authorizationToken}`;
}

test('a token of the service opens the registry, and nothing else does', async () => {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  expect(authorizationData[0].expiresAt.getTime()).toBeGreaterThan(Date.now() + 11 * 3_600_000);
  expect((await ask('GET', '/v2/', `Basic ${authorizationData[0].authorizationToken}`))[0]).toBe(200);
  const wrong = ['AWS:guessed', 'ann:token-of-amazon-1'].map((text) => `Basic ${Buffer.from(text).toString('base64')}`);
  for (const authorization of [undefined, 'Bearer x', ...wrong]) expect((await ask('GET', '/v2/', authorization))[0]).toBe(401);
  expect(ecr.calls).toEqual(['GetAuthorizationToken']);
});

test('a token ends after as many requests as it lasts: 403, and a new one opens again', async () => {
  ecr.lasts = 2;
  const first = await token();
  const answers = [await ask('GET', '/v2/', first), await ask('GET', '/v2/', first), await ask('GET', '/v2/', first)];
  expect(answers.map(([status]) => status)).toEqual([200, 200, 403]);
  expect(answers[2][1]).toMatchObject({ code: 'DENIED', message: expect.stringContaining('expired') });
  expect((await ask('GET', '/v2/', await token()))[0]).toBe(200);
});

test('no repository is made by pushing; one that the service made takes uploads, and mounts nothing', async () => {
  const authorization = await token();
  const [status, error] = await ask('POST', '/v2/new/blobs/uploads/', authorization);
  expect([status, error.code]).toEqual([404, 'NAME_UNKNOWN']);
  const { repository } = await client.send(new CreateRepositoryCommand({ repositoryName: 'new' }));
  expect(repository.repositoryUri).toBe(`${ecr.name}/new`);
  expect((await ask('POST', `/v2/new/blobs/uploads/?mount=sha256:${'a'.repeat(64)}&from=made`, authorization))[0]).toBe(202);
  await expect(client.send(new CreateRepositoryCommand({ repositoryName: 'new' }))).rejects.toMatchObject({
    name: 'RepositoryAlreadyExistsException',
  });
});

test('whoever does not sign gets no token', async () => {
  const answer = await fetch(ecr.api, { method: 'POST', body: '{}', headers: { 'x-amz-target': 'GetAuthorizationToken' } });
  expect([answer.status, (await answer.json()).__type]).toEqual([400, 'UnrecognizedClientException']);
});
