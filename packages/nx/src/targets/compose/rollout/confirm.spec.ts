import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type ComposePlan, type Environment, hashOfBase } from '@kdcube/release/internal';
import { secretReference } from '../../../../../release/src/environment/secret-reference';
import { hostWithDocker } from '../../../../testing/hosts/fake-docker';
import { type Host, openHost } from '../host/host';
import { readSecretStamps } from '../secrets/secrets';
import { confirmPlan } from './confirm';

let folder: string;
let host: Host;
let secret: string;
let plan: ComposePlan;

const service = { image: 'chat-proc:latest', command: ['serve'] };
const place = () => ({ environment: 'host', project: 'kdcube', directory: folder, file: 'docker-compose.yaml' });
const environment = () =>
  ({
    name: 'host',
    ecs: {},
    services: [{ name: 'proc', serviceName: 'chat-proc', target: 'compose', secrets: { A: secretReference(`file:${secret}`) } }],
  }) as unknown as Environment;

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-confirm-'));
  secret = path.join(folder, 'proc.env');
  fs.writeFileSync(secret, 'A=1\n', { mode: 0o600 });
  host = await openHost(undefined);
  plan = {
    environment: 'host',
    file: 'docker-compose.yaml',
    secretStamps: Object.fromEntries(await readSecretStamps(host, place(), environment())),
    content: { services: { proc: { serviceName: 'chat-proc', baseHash: hashOfBase(service) } } },
  } as unknown as ComposePlan;
});
afterEach(async () => {
  await host.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** `found`: the service as compose prints it now. */
async function confirm(found: object): Promise<void> {
  const { run } = host;
  const docker = hostWithDocker(host, [
    [
      `compose --ansi never --project-name kdcube --project-directory ${folder} --file ${folder}/docker-compose.yaml config`,
      'chat-proc\n',
    ],
    ['compose', JSON.stringify({ services: { 'chat-proc': found } })],
  ]);
  const asDocker = docker.run.bind(docker);
  docker.run = (program, args, options) =>
    program === 'docker' ? asDocker(program, args, options) : run(program, args, options);
  await confirmPlan(docker, place(), environment(), plan);
}

it('nothing has changed', async () => {
  await expect(confirm(service)).resolves.toBeUndefined();
});

it('the compose file of the host was edited while images were pulled', async () => {
  await expect(confirm({ ...service, command: ['other'] })).rejects.toThrow(
    'since it was made, what docker-compose.yaml says of proc on the host has changed',
  );
});

it('a secret file was edited while images were pulled', async () => {
  fs.writeFileSync(secret, 'A=2\n');
  await expect(confirm(service)).rejects.toThrow(`since it was made, ${secret} on the host has changed`);
});
