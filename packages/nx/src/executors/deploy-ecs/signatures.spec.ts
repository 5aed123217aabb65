import * as fs from 'node:fs';
import * as path from 'node:path';
import type { DeployPlan } from '@kdcube/release/internal';
import { planChecksum } from '../../../../release/src/deploy/render/json';
import { type Acme, acme, ENTRYPOINT } from '../../../testing/acme-kit';
import { pushProc } from '../../../testing/acme-push';
import {
  type EcsDouble,
  ecsDouble,
  emptyDefinition,
  emptyService,
  useDouble,
  useDoubleClock,
  restoreVariables,
} from '../../../testing/aws-kit';
import { captureOutput, releaseContext } from '../../../testing/capture-output';
import { keyPair } from '../../../testing/signatures';
import { silentLog } from '../../system/log';
import env from '../env/executor';
import plan from '../plan/executor';
import deployEcs from './executor';

jest.setTimeout(120_000);

const WRITES = ['RegisterTaskDefinition', 'UpdateService', 'RunTask', 'TagResource'];
const ROLLOUT = { onFailure: 'rollback', timeout: 40, wait: 0, dryRun: false, json: false } as const;
const SIGNED = 'signatures: { required: true, keys: [keys/release.pub] }';
const ci = keyPair();
let ours: Acme;
let ecs: EcsDouble;
let output: string;
let restoreClock: () => void;
const variables = { ...process.env };

beforeEach(async () => {
  ours = await acme();
  ecs = await ecsDouble({
    clusters: ['acme'],
    taskDefinitions: [emptyDefinition('old-proc'), emptyDefinition('old-web')],
    services: [emptyService('proc', 'old-proc'), emptyService('web', 'old-web')],
  });
  useDouble(ecs);
  restoreClock = await useDoubleClock(ecs);
  captureOutput((text) => (output += text));
  ours.commit({ 'keys/release.pub': ci.publicPem, 'environments/prod.yaml': environment(SIGNED) });
});
afterEach(async () => {
  jest.restoreAllMocks();
  restoreClock();
  await ecs.close();
  await ours.end();
  restoreVariables(variables);
});

const environment = (signatures: string) => `target: ecs
registry: "${ours.registry.host}/acme"
${signatures}
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: proc, mounts: { /config: { efs: fs-0123abcd } } }
  web: { component: other, image: "ghcr.io/acme/web@sha256:${'ab'.repeat(32)}" }
`;
const push = () => pushProc(ours, silentLog);
const sign = () => pushProc(ours, silentLog, { signingKey: ci.signingKey });
const writes = () => ecs.journal.entries.filter(({ op, by }) => by === undefined && WRITES.includes(op)).length;

async function run(
  executor: (options: never, context: never) => Promise<{ success: boolean }>,
  options: object,
): Promise<boolean> {
  output = '';
  return (await executor(options as never, releaseContext(ours.root) as never)).success;
}
const deploy = (options: object = {}) => run(deployEcs, { ...ROLLOUT, ...options });
const readers: [string, () => Promise<boolean>][] = [
  ['deploy-ecs', deploy],
  ['deploy-ecs --dryRun', () => deploy({ dryRun: true })],
  ['plan', () => run(plan, { offline: false, values: false, json: false })],
  ['env', () => run(env, { offline: false, dryRun: false, json: false })],
];

it.each(readers)('%s refuses an image that is not signed, and takes one that is', async (_, read) => {
  const { digest } = await push();
  expect(await read()).toBe(false);
  expect(output).toContain('[image-unsigned]');
  expect(output).toContain(`/acme/proc@${digest} has no valid signature, and prod requires one: it has no signature.`);
  expect(writes()).toBe(0);
  await sign();
  expect([await read(), output]).toEqual([true, expect.not.stringContaining('image-unsigned')]);
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
  ours.commit({ 'environments/prod.yaml': environment(signatures) });
  expect([await deploy(), output]).toEqual([false, expect.stringMatching(why)]);
  expect(writes()).toBe(0);
});

it('a saved plan is checked again: its image may have been replaced', async () => {
  const old = await push();
  ours.commit({ 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  const { digest } = await sign();
  expect(await run(plan, { offline: false, values: false, json: false })).toBe(true);
  const file = path.join(ours.root, 'dist/plan/prod.json');
  const honest = fs.readFileSync(file, 'utf8');
  const options = { plan: 'dist/plan/prod.json' };

  /** An attacker who changes a plan can recompute its checksum. */
  const forge = (from: string, to: string) => {
    const { checksum: _, ...changed } = JSON.parse(honest.replaceAll(from, to)) as DeployPlan & { checksum: string };
    fs.writeFileSync(file, JSON.stringify({ ...changed, checksum: planChecksum(changed) }));
    expect(fs.readFileSync(file, 'utf8')).toContain(/[0-9a-f]{64}/.exec(to)![0]);
  };
  forge(digest, old.digest);
  expect([await deploy(options), output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  // Only in the task definition, which starts it.
  forge(`"image": "${ours.registry.host}/acme/proc@${digest}"`, `"image": "${ours.registry.host}/acme/proc@${old.digest}"`);
  expect([await deploy(options), output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  // From another place, where the signatures of this one are not.
  for (const place of ['evil.example/acme/proc', `${ours.registry.host}/acme2/proc`]) {
    forge(`${ours.registry.host}/acme/proc@${digest}`, `${place}@${old.digest}`);
    expect([await deploy(options), output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  }
  forge(`ghcr.io/acme/web@sha256:${'ab'.repeat(32)}`, `ghcr.io/acme/web@sha256:${'cd'.repeat(32)}`);
  expect([await deploy(options), output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  expect(writes()).toBe(0);

  fs.writeFileSync(file, honest);
  expect(await deploy(options)).toBe(true);
});

it('a saved plan may reuse a registered revision, but not one with another image', async () => {
  await sign();
  expect(await deploy()).toBe(true);
  const makePlan = () => run(plan, { offline: false, values: false, json: false });
  expect(await makePlan()).toBe(true);
  const options = { plan: 'dist/plan/prod.json' };
  const file = path.join(ours.root, options.plan);
  const { checksum: _, ...saved } = JSON.parse(fs.readFileSync(file, 'utf8')) as DeployPlan & { checksum: string };
  expect(saved.services.map(({ taskDefinition }) => taskDefinition.reuse)).not.toContain(undefined);
  expect([await deploy(options), output]).toEqual([true, expect.stringContaining('unchanged')]);

  const before = writes();
  const reuse = 'arn:aws:ecs:eu-central-1:123456789012:task-definition/old-proc:1';
  const services = saved.services.map((step) =>
    step.service === 'proc' ? { ...step, taskDefinition: { ...step.taskDefinition, reuse } } : step,
  );
  fs.writeFileSync(file, JSON.stringify({ ...saved, services, checksum: planChecksum({ ...saved, services }) }));
  expect([await deploy(options), output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
  expect(writes()).toBe(before);
});

it('env and plan that contact no registry say that they have not checked it', async () => {
  await push();
  expect(await run(env, { offline: true, dryRun: false, json: false })).toBe(true);
  expect(output).toContain('signatures were not checked');
});
