// release:explain and release:prune on a real registry: what an image is, which images nothing needs, and that exactly these are deleted. ECS is packages/ecs-double.
import { type Cloud, startCloud } from './support/cloud';
import { type Engine, freshPrefix, optionalEngine, testWithEngine } from './support/engine';
import { digestOf, pushStandIns } from './support/oci';
import type { Ran } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const PROC = 'kdcube-chat-proc-bundled';
/** Nothing is deployed or pushed meanwhile, so the age of an image does not matter. */
const PRUNE = 'run release:prune --keep=1 --minAge=0 --commitTags --json';

let cloud: Cloud;
let workspace: Workspace;
let prefix: string;
let base: string;
let env: Record<string, string>;
const images: Record<string, { digest: string; commit: string }> = {};

beforeAll(async () => {
  const engine = optionalEngine();
  if (engine) await deployTwoReleases(engine);
});

afterAll(() => cloud?.close());

/** `one` was deployed and then replaced, `two` runs, and `three` is only what the branch has. */
async function deployTwoReleases(engine: Engine): Promise<void> {
  prefix = freshPrefix(engine);
  const platform = `${prefix.slice(prefix.indexOf('/') + 1)}/kdcube-chat-proc`;
  cloud = await startCloud(['proc']);
  base = (await pushStandIns(engine.registry, PLATFORM_REF, [platform, platform.replace('kdcube-chat-proc', 'py-code-exec')]))[
    platform
  ]!;
  env = { KDCUBE_REGISTRY: prefix, ...cloud.env };
  workspace = await makeWorkspace();
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.write({
    'environments/prod.yaml': `target: ecs
registry: "${prefix}"
tenant: acme
project: demo
ecs: { account: "123456789012", region: eu-central-1, cluster: acme, execution_role: execution }
services:
  proc: { component: proc, image: ${PROC}, mounts: { /config: { efs: fs-0123abcd } } }
`,
  });
  for (const name of ['one', 'two', 'three']) {
    const release = workspace.read('release.yaml').replace(/^(?:# )?release_name: .*$/m, `release_name: "${name}"`);
    const commit = workspace.commit(name, { 'release.yaml': release, 'bundles/my-bundle/README.md': `${name}\n` });
    await workspace.mustNx(`run ${PROC}:docker-push`, { env });
    images[name] = { digest: workspace.json<{ digest: string }>(`dist/push/${PROC}/receipt.json`).digest, commit };
    if (name !== 'three') await workspace.mustNx('run release:deploy-ecs', { env });
  }
}

/** The digests of the events of one kind, from --json. */
function digestsIn({ stdout }: Ran, kind: string): string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line) as { event: string; digest: string });
  return events.filter(({ event }) => event === kind).map(({ digest }) => digest);
}

/** The releases whose image the registry still has. */
async function remaining(): Promise<string[]> {
  const found: string[] = [];
  for (const [name, { digest }] of Object.entries(images))
    if ((await digestOf(`${prefix}/${PROC}`, digest)) !== undefined) found.push(name);
  return found;
}

// The tests of this file depend on each other.
testWithEngine('release:explain names the bundles, their commit, the base, the deployment and what runs', async () => {
  const { digest, commit } = images.two!;
  const { output } = await workspace.mustNx(`run release:explain --digest=${digest.slice(0, 19)}`, { env });
  expect(output).toContain(`${prefix}/${PROC}@${digest}`);
  expect(output).toMatch(new RegExp(`^base +.*${base}$`, 'm'));
  expect(output).toMatch(new RegExp(`^my-bundle +[0-9a-f]{12} +this workspace +${commit.slice(0, 12)} +.*: two$`, 'm'));
  expect(output).toMatch(new RegExp(`^\\S+ \\S+ +prod +two \\(1\\) +succeeded +proc +${commit.slice(0, 12)} `, 'm'));
  expect(output).toMatch(/^prod +proc +1$/m);
  // The workspace has moved on to another release.
  expect(output).toMatch(/^content +as its labels claim$/m);
  const current = await workspace.mustNx(`run release:explain --digest=${images.three!.digest}`, { env });
  expect(current.output).toMatch(/^content +verified: this checkout gives exactly this image$/m);
  expect(current.output).toContain('No release record names it.');
});

testWithEngine('release:prune deletes nothing without --delete, and with it exactly what it named', async () => {
  const dryRun = await workspace.mustNx(PRUNE, { env });
  expect(digestsIn(dryRun, 'would-delete')).toEqual([images.one!.digest]);
  expect(digestsIn(dryRun, 'kept').sort()).toEqual([images.two!.digest, images.three!.digest].sort());
  expect(await remaining()).toEqual(['one', 'two', 'three']);

  const ran = await workspace.mustNx(`${PRUNE} --delete`, { env });
  expect(digestsIn(ran, 'deleted')).toEqual(digestsIn(dryRun, 'would-delete'));
  expect(await remaining()).toEqual(['two', 'three']);
  expect(digestsIn(await workspace.mustNx(PRUNE, { env }), 'would-delete')).toEqual([]);

  const gone = await workspace.nx(`run release:explain --digest=${images.one!.digest}`, { env });
  expect([gone.exitCode, gone.output]).toEqual([
    1,
    expect.stringMatching(/\[image-not-found\][^]*The record of one in prod names it: it was deleted since\./),
  ]);
});
