// A rollback where the environment requires signatures: it starts only images that a trusted key signed, also if ECS and a record name others.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ENTRYPOINT } from '../../../testing/acme-kit';
import { pushProc } from '../../../testing/acme-push';
import { emptyDefinition } from '../../../testing/aws-kit';
import { captureDeploys, ROLLOUT, servicesOf } from '../../../testing/deploy-kit';
import { gitSync } from '../../../testing/git-kit';
import { procEnvironment, procRecord } from '../../../testing/proc-release';
import { putImage } from '../../../testing/registry-kit';
import { keyPair } from '../../../testing/signatures';
import { silentLog } from '../../system/log';
import { recordsOf, writeRecord } from '../../targets/records/records';
import deployEcs from '../deploy-ecs/executor';
import rollback from './executor';

jest.setTimeout(120_000);

const ci = keyPair();

const at = captureDeploys(servicesOf({ proc: 'proc' }));

const run: typeof at.run = (executor, options = {}) => at.run(executor, { ...ROLLOUT, ...options });

beforeEach(async () => {
  at.ours.commit({ 'keys/release.pub': ci.publicPem, 'environments/prod.yaml': environment() });
});

const registry = () => `${at.ours.registry.host}/acme`;
const environment = (more = '') => `${procEnvironment(registry())}${more}`;
const SIGNED = 'signatures: { required: true, keys: [keys/release.pub] }\n';
const NAMED = `ghcr.io/acme/code@sha256:${'ab'.repeat(32)}`;
const CODE = `exec: { runtime: fargate, image: "${NAMED}", fargate: { subnets: [subnet-0123abcd] } }\n`;
const sign = () => pushProc(at.ours, silentLog, { signingKey: ci.signingKey });

function requireSignatures(more = ''): void {
  fs.writeFileSync(path.join(at.ours.root, 'environments/prod.yaml'), environment(`${SIGNED}${more}`));
}

it('refuses the unsigned image of an earlier release, and names the commit to sign it at; then takes it', async () => {
  const named = (name: string) => `release_name: ${name}\n${fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8')}`;
  const commit = gitSync(at.ours.root, 'rev-parse', 'HEAD');
  const { digest } = await pushProc(at.ours, silentLog);
  expect(await run(deployEcs)).toBe(true);
  at.ours.commit({ 'release.yaml': named('two'), 'bundles/here@1-0/entrypoint.py': `${ENTRYPOINT}MORE = 1\n` });
  await sign();
  expect([await run(deployEcs), at.output]).toEqual([true, expect.stringContaining('two')]);
  requireSignatures();
  const before = at.writes();
  for (const options of [{}, { dryRun: true }]) {
    expect([await run(rollback, options), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
    expect(at.output).toContain(
      `${registry()}/proc@${digest} has no valid signature, and prod requires one: it has no signature.`,
    );
    expect(at.output).toContain(`nx run proc:docker-push    at commit ${commit}, in a job with KDCUBE_SIGNING_KEY`);
    expect(at.writes()).toBe(before);
  }
  at.ours.commit({ 'bundles/here@1-0/entrypoint.py': ENTRYPOINT });
  await sign();
  // The release.yaml may be the reason for the rollback.
  fs.writeFileSync(path.join(at.ours.root, 'release.yaml'), 'bundles: [oh\n');
  expect([await run(rollback), at.output]).toEqual([true, expect.stringMatching(/^deployed {4}prod /m)]);
});

describe('a record that an attacker wrote, of a revision that ECS has, is refused:', () => {
  const exec = (image: string) => [{ name: 'PY_CODE_EXEC_IMAGE', value: image }];
  /** The containers of the revision. The first one is that of the service. */
  const cases: Record<string, [(signed: string, unsigned: string) => object[], RegExp]> = {
    'an unsigned image': [(_, unsigned) => [{ name: 'proc', image: unsigned }], /acme\/proc@.*it has no signature/],
    'an image from elsewhere': [
      (signed) => [{ name: 'proc', image: signed.replace(at.ours.registry.host, 'evil.example') }],
      /evil\.example\/acme\/proc@.*it is not an image by digest in 127\.0\.0\.1:\d+\/acme/,
    ],
    'an image of a longer name of the repository': [
      (signed) => [{ name: 'proc', image: signed.replace('/acme/', '/acme-evil/') }],
      /acme-evil\/proc@.*it is not an image by digest/,
    ],
    'the signed image under another name': [
      (signed) => [{ name: 'proc', image: signed.replace('/acme/proc@', '/acme/web@') }],
      /acme\/web@.*it has no signature/,
    ],
    'an unsigned sidecar': [
      (signed, unsigned) => [
        { name: 'proc', image: signed },
        { name: 'sidecar', image: unsigned },
      ],
      /acme\/proc@.*it has no signature/,
    ],
    'a sidecar by its tag': [
      (signed) => [
        { name: 'proc', image: signed },
        { name: 'sidecar', image: signed.replace(/@.*/, ':v1') },
      ],
      /acme\/proc:v1 .*it is not an image by digest/,
    ],
    'another digest of an image that the environment names': [
      (signed) => [
        { name: 'proc', image: signed },
        { name: 'sidecar', image: NAMED },
        { name: 'other', image: NAMED.replace(/ab/g, 'cd') },
      ],
      /ghcr\.io\/acme\/code@sha256:cdcd.* prod now names another digest of this image\.\n +hint +image: "ghcr/,
    ],
    'an unsigned image to run code in': [
      (signed, unsigned) => [{ name: 'proc', image: signed, environment: exec(unsigned) }],
      /acme\/proc@.*it has no signature/,
    ],
  };
  it.each(Object.entries(cases))('%s', async (_, [containers, why]) => {
    const { digest } = await sign();
    const unsigned = `${registry()}/proc@${await putImage(at.ours.registry.host, 'acme/proc', 'unsigned', 'x')}`;
    const signed = `${registry()}/proc@${digest}`;
    const containerDefinitions = containers(signed, unsigned);
    const { taskDefinition } = await at.ecs.as('RegisterTaskDefinition', { ...emptyDefinition('proc'), containerDefinitions });
    const { image } = containerDefinitions[0] as { image: string };
    const { taskDefinitionArn } = taskDefinition as { taskDefinitionArn: string };
    const recorded = { ...procRecord(registry(), image.split('@')[1]!, '2026-02-02T03:04:00.000Z', { release: 'old' }) };
    const exec = { taskDefinition: 'gone', image, digest: image.split('@')[1]! };
    const services = { proc: { ...recorded.services.proc!, image, taskDefinition: taskDefinitionArn } };
    await writeRecord(recordsOf({ host: at.ours.registry.host, prefix: 'acme' }, silentLog), { ...recorded, services, exec });
    const before = at.writes();
    requireSignatures(CODE);
    expect([await run(rollback, { to: 'old' }), at.output]).toEqual([false, expect.stringContaining('[image-unsigned]')]);
    expect(at.output).toMatch(why);
    expect(at.writes()).toBe(before);
  });
});
