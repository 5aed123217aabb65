// docker-push to Amazon ECR: expiring tokens, repositories that must be created first, immutable tags, no cross-repository mounts. By its own host name, over TLS.
import { type Ecr, startEcr } from './support/ecr';
import { type Double, pushStandIns } from './support/oci';
import { expectProblem } from './support/problem';
import type { Ran } from './support/run';
import { makeWorkspace, PLATFORM_REF, type Workspace } from './support/workspace';

const IMAGE = 'kdcube-chat-proc-bundled';
const OTHER = 'kdcube-exec-bundled';
const REPOSITORY = `acme/${IMAGE}`;

let ecr: Ecr;
let workspace: Workspace;
let env: Record<string, string>;

beforeAll(async () => {
  // The platform's images are in the same account, as for most customers.
  ecr = await startEcr(['kdcube-chat-proc', 'py-code-exec'], async (host) => void (await pushStandIns(host, PLATFORM_REF)));
  workspace = await makeWorkspace();
  env = { ...ecr.env, KDCUBE_REGISTRY: `${ecr.name}/acme`, KDCUBE_PLATFORM_REGISTRY: ecr.name };
  await workspace.mustNx('g @kdcube/nx:bundle my-bundle');
  await workspace.mustNx('sync', { env });
  workspace.commit('Add my-bundle');
});

afterAll(() => ecr.close());

interface Receipt {
  how: string;
  key: string;
  digest: string;
  repository: string;
  tags: string[];
  sent: { sentLayers: number };
}

const receipt = (): Receipt => workspace.json<Receipt>(`dist/push/${IMAGE}/receipt.json`);

/** Runs docker-push, and returns the requests to the registry and the token service. */
async function push(): Promise<Ran & { asked: Double['journal']; tokens: { used: number; lasts: number }[]; calls: string[] }> {
  ecr.registry.journal.length = ecr.calls.length = 0;
  ecr.tokens.clear();
  const ran = await workspace.nx(`run ${IMAGE}:docker-push`, { env });
  expect(ran.output).not.toMatch(/token-of-amazon|secret-of-amazon/);
  return { ...ran, asked: [...ecr.registry.journal], tokens: [...ecr.tokens.values()], calls: [...ecr.calls] };
}

const written = (asked: Double['journal']): string[] =>
  asked
    .filter(({ method, status }) => method === 'PUT' && status === 201)
    .map(({ kind, reference }) => (kind === 'manifest' ? reference! : 'a blob'));

// The tests of this file depend on each other.
test('reports a missing repository with the command that creates it, and writes nothing', async () => {
  const ran = await push();
  expectProblem(
    ran,
    ['registry-repository-missing'],
    `${ecr.name} has no repository ${REPOSITORY}`,
    'nx run release:images --create',
    `aws ecr create-repository --region eu-central-1 --repository-name ${REPOSITORY}`,
  );
  expect([written(ran.asked), ran.calls]).toEqual([[], ['GetAuthorizationToken']]);
});

test('renews a token that expires during the push; copies the base’s layers, since ECR does not mount them', async () => {
  ecr.repositories.push(REPOSITORY);
  ecr.lasts = 9;
  const ran = await push();
  expect([ran.exitCode, ran.output]).toEqual([0, ran.output]);
  const { key, digest, tags } = receipt();
  expect(tags).toEqual([`customer-${workspace.head()}`, 'customer-main']);
  expect(new Set(written(ran.asked))).toEqual(new Set(['a blob', `c-${key}`, ...tags]));
  // 403: the token expired at a mount, which is sent again with the new one.
  const mounts = ran.asked.filter(({ query, status }) => query.mount !== undefined && status !== 403);
  expect(mounts.map(({ status, query }) => [status, query.from])).toEqual([[202, 'kdcube-chat-proc']]);
  expect(
    ran.asked.filter(({ method, kind, name }) => method === 'GET' && kind === 'blob' && name === 'kdcube-chat-proc').length,
  ).toBeGreaterThan(0);
  // The first one was used until it expired; both came through Amazon's SDK.
  expect(ran.calls).toEqual(['GetAuthorizationToken', 'GetAuthorizationToken']);
  expect(ran.tokens.map(({ used, lasts }) => used > lasts)).toEqual([true, false]);
  expect(ran.asked.filter(({ status }) => status === 401)).toEqual([]);
  expect(digest).toMatch(/^sha256:/);
});

test('reuses the same image: uploads nothing, although immutable tags would refuse even the same digest', async () => {
  const { digest } = receipt();
  const ran = await push();
  expect([ran.exitCode, ran.output]).toEqual([0, expect.stringContaining('reused')]);
  expect(receipt()).toMatchObject({ how: 'reused', digest });
  expect(ran.asked.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
});

test('changed content: reports the branch tag, which cannot move', async () => {
  workspace.commit('Change it', { 'bundles/my-bundle/more.txt': 'more\n' });
  const ran = await push();
  expect([ran.exitCode, ran.output]).toEqual([0, expect.stringMatching(/the moving tag "customer-main" was left as it is/)]);
  expect(receipt().tags).toEqual([`customer-${workspace.head()}`]);
  expect(receipt().sent.sentLayers).toBe(1);
});

test('a release tag that is set again is unchanged, and nothing is written', async () => {
  ecr.repositories.push(`acme/${OTHER}`);
  await workspace.mustNx(`run ${OTHER}:docker-push`, { env });
  await workspace.mustNx('run release:tag --tags=v1.0.0', { env });
  ecr.registry.journal.length = 0;
  await workspace.mustNx('run release:tag --tags=v1.0.0', { env });
  expect(ecr.registry.journal.map(({ method, status }) => [method, status])).not.toEqual([]);
  expect(ecr.registry.journal.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
});

test('release:images --create makes the repositories that are missing, once', async () => {
  const before = [...ecr.repositories];
  const ran = await workspace.nx('run release:images --create', { env });
  expect(ran.exitCode).toBe(0);
  const created = ecr.repositories.slice(before.length);
  expect(created).toContain('acme/releases');
  expect(ran.output).toContain(
    `Created ${created.length === 1 ? 'the repository' : `${created.length} repositories`} ${created.join(', ')}. `,
  );
  expect([...ecr.settings.keys()]).toEqual(created);
  const again = await workspace.mustNx('run release:images --create', { env });
  expect(again.output).toContain('No repository was created: all exist.');
});
