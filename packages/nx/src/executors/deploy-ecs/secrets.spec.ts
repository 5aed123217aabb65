import * as fs from 'node:fs';
import * as path from 'node:path';
import { dockerDouble } from '../../../testing/acme-kit';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { silentLog } from '../../system/log';
import rollback from '../rollback/executor';
import deployEcs from './executor';
import { captureDeploys, ROLLOUT, servicesOf } from '../../../testing/deploy-kit';

const PREFIX = 'kdcube/acme/demo';
const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'CreateSecret', 'PutSecretValue'];

const at = captureDeploys(servicesOf({ proc: 'old-proc', web: 'old-web' }, true));

beforeEach(async () => {
  dockerDouble(at.ours);
  at.ours.commit({ 'environments/prod.yaml': environment(), 'release.yaml': named('one') });
  await push();
});

const environment = () => `target: ecs
registry: "${at.ours.registry.host}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
bundles: { descriptor: aws-sm }
env: { proc: { SECRETS_AWS_SM_PREFIX: ${PREFIX} } }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
`;
const named = (name: string) =>
  `release_name: ${name}\n${fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8').replace(/^release_name: .*\n/, '')}`;
const push = () =>
  at.ours.job((job) => {
    const registries = resolveRegistries({ registry: at.ours.registry.host }, {}, {});
    return pushImage(job, { root: at.ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });

const deploy = (options: object = {}) => at.run(deployEcs, { ...ROLLOUT, ...options });
const back = (options: object = {}) => at.run(rollback, { ...ROLLOUT, ...options });
/** The calls that changed something since the last time, by name. */
let seen = 0;
function writes(): string[] {
  const made = at.ecs.journal.entries.filter(({ op, by }) => by === undefined && WRITES.includes(op));
  const names = made.slice(seen).map(({ op }) => op);
  seen = made.length;
  return names;
}

async function secret(name: string): Promise<unknown> {
  const { SecretString } = await at.ecs.as('GetSecretValue', { SecretId: `${PREFIX}/${name}` }, 'secretsmanager');
  return JSON.parse(SecretString as unknown as string);
}

it('the bundle descriptor in Secrets Manager: written, unchanged, reloaded, rolled back', async () => {
  seen = 0;
  expect([await deploy(), at.output]).toEqual([true, expect.stringContaining(`secrets of ${PREFIX} written and read back`)]);
  expect(writes().filter((name) => name === 'CreateSecret').length).toBeGreaterThan(1);
  const first = await secret('bundles-meta');
  expect(first).toMatchObject({ bundle_ids: expect.arrayContaining(['here@1-0']) });
  expect([await deploy(), at.output, writes()]).toEqual([true, expect.stringMatching(/^unchanged {3}prod/m), []]);

  const release = named('two').replace('{id: "here@1-0"', '{id: "here@1-0", description: "of two"');
  at.ours.commit({ 'release.yaml': release });
  expect([await deploy(), at.output, writes()]).toEqual([
    true,
    expect.stringMatching(/reloads the list of bundles[^]*proc: all running tasks have the new list of bundles/),
    ['PutSecretValue', 'RunTask'],
  ]);
  expect(await secret('bundles/here@1-0/descriptor')).toMatchObject({ description: 'of two' });

  expect([await back(), at.output, writes()]).toEqual([
    true,
    expect.stringContaining('rollback to one'),
    ['PutSecretValue', 'RunTask'],
  ]);
  expect(await secret('bundles/here@1-0/descriptor')).not.toMatchObject({ description: 'of two' });
  expect(await secret('bundles-meta')).toEqual(first);
}, 120_000);

it('an admin changed a secret, and the plan shows it; one that may not be read stops the plan', async () => {
  seen = 0;
  await deploy();
  const { bundle_ids: ids } = (await secret('bundles-meta')) as { bundle_ids: string[] };
  const text = JSON.stringify({ default_bundle_id: 'here@1-0', bundle_ids: [...ids, 'theirs@1-0'] });
  await at.ecs.as('PutSecretValue', { SecretId: `${PREFIX}/bundles-meta`, SecretString: text }, 'secretsmanager');
  writes();
  expect([await deploy(), at.output, writes()]).toEqual([true, expect.stringMatching(/theirs@1-0/), []]);

  const denied = { service: 'secretsmanager', op: 'GetSecretValue', error: 'AccessDeniedException' };
  await fetch(new URL('/__scenario', at.ecs.url), { method: 'POST', body: JSON.stringify({ faults: [denied] }) });
  expect([await deploy(), at.output, writes()]).toEqual([
    false,
    expect.stringContaining('AWS denies secretsmanager:GetSecretValue'),
    [],
  ]);
}, 120_000);
