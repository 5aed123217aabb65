import * as fs from 'node:fs';
import * as path from 'node:path';
import type { DeployPlan } from '@kdcube/release/internal';
import { planChecksum } from '../../../../release/src/deploy/render/json';
import { ENTRYPOINT } from '../../../testing/acme-kit';
import { pushProc } from '../../../testing/acme-push';
import { captureDeploys, ROLLOUT, servicesOf } from '../../../testing/deploy-kit';
import { keyPair } from '../../../testing/signatures';
import { silentLog } from '../../system/log';
import env from '../env/executor';
import plan from '../plan/executor';
import deployEcs from './executor';

jest.setTimeout(120_000);

const SIGNED = 'signatures: { required: true, keys: [keys/release.pub] }';
const ci = keyPair();

const at = captureDeploys(servicesOf({ proc: 'old-proc', web: 'old-web' }));

beforeEach(async () => {
  at.ours.commit({ 'keys/release.pub': ci.publicPem, 'environments/prod.yaml': environment(SIGNED) });
});

const environment = (signatures: string) => `target: ecs
registry: "${at.ours.registry.host}/acme"
${signatures}
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
`;
const push = () => pushProc(at.ours, silentLog);
const sign = () => pushProc(at.ours, silentLog, { signingKey: ci.signingKey });

const deploy = (options: object = {}) => at.run(deployEcs, { ...ROLLOUT, ...options });
const readers: [string, () => Promise<boolean>][] = [
  ['deploy-ecs', deploy],
  ['deploy-ecs --dryRun', () => deploy({ dryRun: true })],
  ['plan', () => at.run(plan, { offline: false, values: false, json: false })],
  ['env', () => at.run(env, { offline: false, dryRun: false, json: false })],
];

it.each(readers)('%s refuses an image that is not signed, and takes one that is', async (_, read) => {
  const { digest } = await push();
  expect(await read()).toBe(false);
  expect(at.output).toContain('[image-unsigned]');
  expect(at.output).toContain(`/acme/proc@${digest} has no valid signature, and prod requires one: it has no signature.`);
  expect(at.writes()).toBe(0);
  await sign();
  expect([await read(), at.output]).toEqual([true, expect.not.stringContaining('image-unsigned')]);
});

it.each([
  ['no key', 'signatures: { required: true }', /\[signing-key\]\n.*prod requires signatures, but names no key that is trusted/],
  ['a key that is missing', 'signatures: { required: true, keys: [no.pub] }', /\[signing-key\]\n.*no\.pub cannot be used/],
  [
    'a key outside',
    'signatures: { required: true, keys: [../x.pub] }',
    /\[wrong-value\]\n.*cannot be the file of a public key: it climbs out/,
  ],
  ['a key that is none', 'signatures: { required: true, keys: [release.yaml] }', /release\.yaml is not a public key/],
])('an environment that requires signatures by %s is a Problem', async (_, signatures, why) => {
  await sign();
  at.ours.commit({ 'environments/prod.yaml': environment(signatures) });
  expect([await deploy(), at.output]).toEqual([false, expect.stringMatching(why)]);
  expect(at.writes()).toBe(0);
});

it('a saved plan is checked again: its image may have been replaced', async () => {
  const old = await push();
  at.ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  const { digest } = await sign();
  expect(await at.run(plan, { offline: false, values: false, json: false })).toBe(true);
  const file = path.join(at.ours.root, 'dist/plan/prod.json');
  const honest = fs.readFileSync(file, 'utf8');
  const options = { plan: 'dist/plan/prod.json' };

  /** An attacker who changes a plan can recompute its checksum. */
  const forge = (from: string, to: string) => {
    const { checksum: _, ...changed } = JSON.parse(honest.replaceAll(from, to)) as DeployPlan & { checksum: string };
    fs.writeFileSync(file, JSON.stringify({ ...changed, checksum: planChecksum(changed) }));
    expect(fs.readFileSync(file, 'utf8')).toContain(/[0-9a-f]{64}/.exec(to)![0]);
  };
  forge(digest, old.digest);
  expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  // Only in the task definition, which starts it.
  forge(`"image": "${at.ours.registry.host}/acme/proc@${digest}"`, `"image": "${at.ours.registry.host}/acme/proc@${old.digest}"`);
  expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  // From another place, where the signatures of this one are not.
  for (const place of ['evil.example/acme/proc', `${at.ours.registry.host}/acme2/proc`]) {
    forge(`${at.ours.registry.host}/acme/proc@${digest}`, `${place}@${old.digest}`);
    expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  }
  forge(`ghcr.io/acme/web@sha256:${'ab'.repeat(32)}`, `ghcr.io/acme/web@sha256:${'cd'.repeat(32)}`);
  expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  expect(at.writes()).toBe(0);

  fs.writeFileSync(file, honest);
  expect(await deploy(options)).toBe(true);
});

it('a saved plan may reuse a registered revision, but not one with another image', async () => {
  await sign();
  expect(await deploy()).toBe(true);
  const makePlan = () => at.run(plan, { offline: false, values: false, json: false });
  expect(await makePlan()).toBe(true);
  const options = { plan: 'dist/plan/prod.json' };
  const file = path.join(at.ours.root, options.plan);
  const { checksum: _, ...saved } = JSON.parse(fs.readFileSync(file, 'utf8')) as DeployPlan & { checksum: string };
  expect(saved.services.map(({ taskDefinition }) => taskDefinition.reuse)).not.toContain(undefined);
  expect([await deploy(options), at.output]).toEqual([true, expect.stringContaining('unchanged')]);

  const before = at.writes();
  const reuse = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/old-proc:1';
  const services = saved.services.map((step) =>
    step.service === 'proc' ? { ...step, taskDefinition: { ...step.taskDefinition, reuse } } : step,
  );
  fs.writeFileSync(file, JSON.stringify({ ...saved, services, checksum: planChecksum({ ...saved, services }) }));
  expect([await deploy(options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  expect(at.writes()).toBe(before);
});

it('env and plan that contact no registry say that they have not checked it', async () => {
  await push();
  expect(await at.run(env, { offline: true, dryRun: false, json: false })).toBe(true);
  expect(at.output).toContain('signatures were not checked');
});
