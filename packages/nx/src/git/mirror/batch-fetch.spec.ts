import * as fs from 'node:fs';
import * as path from 'node:path';
import { fetchCommit } from './fetch-commit';
import type { RepoSource } from './source';
import { fetchBlobs } from './fetch-blobs';
import { missingObjects, withRepair } from './store';
import { resolveTree } from '../tree';
import { commit, gitAsync, gitSync, newRepo, problemOf } from '../../../testing/git-kit';
import { silentLog } from '../../system/log';
import { servedGit, type GitServer } from '../../../testing/git-http';

jest.setTimeout(120_000);

const at = servedGit();

const NAMES = [...'abcdefghijkl'];

/** A repository on a server in which every bundle has its own commit. */
async function repository() {
  const root = at.box.folder('server');
  const dir = path.join(root, 'repo');
  fs.mkdirSync(dir);
  newRepo(dir);
  const commits = NAMES.map((name) => commit(dir, { [`bundles/${name}/entrypoint.py`]: `${name}\n` }));
  gitSync(dir, 'config', 'uploadpack.allowFilter', 'true');
  const server = await at.serve(root);
  const url = `${server.url}/repo`;
  return { dir, url, server, commits, source: { url, self: false, root: at.box.dir } };
}

/** Fetches the commits and the files of all bundles concurrently. */
function readAll(source: RepoSource, commits: readonly string[]): Promise<string>[] {
  return commits.map(async (id, index) => {
    const store = await fetchCommit(source, id);
    const tree = (await resolveTree(store, id, `bundles/${NAMES[index]!}`))!;
    await fetchBlobs(store, tree);
    expect(await missingObjects(store, tree)).toEqual([]);
    return tree;
  });
}

const fetches = (server: GitServer): number => server.requests.filter((request) => request.endsWith(' fetch')).length;

it('bundles of one repository are fetched with a few requests, not two for each', async () => {
  const { dir, server, commits, source } = await repository();
  const trees = await Promise.all(readAll(source, commits));
  expect(trees).toEqual(NAMES.map((name, index) => gitSync(dir, 'rev-parse', `${commits[index]!}:bundles/${name}`)));
  // The first request goes alone, and the others together: commits, then files.
  expect(fetches(server)).toBeLessThanOrEqual(8);
});

it.each(['full', 'shallow'])('bundles of the own repository are batched too, from a %s clone', async (kind) => {
  const { url, dir, server } = await repository();
  const checkout = at.box.folder('checkout');
  await gitAsync(checkout, 'clone', '--quiet', ...(kind === 'shallow' ? ['--depth=1'] : []), url, '.');
  const later = NAMES.map((name) => commit(dir, { [`bundles/${name}/entrypoint.py`]: `${name} again\n` }));
  server.requests.length = 0;
  await Promise.all(readAll({ url, self: true, root: checkout }, later));
  // Without a filter, the files come with the commits; a full clone first announces its commits.
  expect(fetches(server)).toBeLessThanOrEqual(kind === 'full' ? 8 : 4);
  expect(gitSync(checkout, 'rev-parse', '--is-shallow-repository')).toBe(String(kind === 'shallow'));
});

it('only the missing commit fails', async () => {
  const { commits, source } = await repository();
  const wanted = [...commits.slice(0, -1), 'e'.repeat(40)];
  const all = readAll(source, wanted);
  const bad = problemOf(all.pop()!);
  expect(await Promise.all(all)).toHaveLength(NAMES.length - 1);
  expect(await bad).toMatchObject({ code: 'ref-not-found', message: expect.stringContaining('e'.repeat(40)) });
});

it('if the server does not serve single files, all files are fetched', async () => {
  Object.assign(process.env, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.version', GIT_CONFIG_VALUE_0: '0' });
  const { dir, commits } = await repository();
  for (const [index, id] of commits.entries()) gitSync(dir, 'tag', NAMES[index]!, id);
  const source = { url: `file://${dir}`, self: false, root: at.box.dir };
  const trees = commits.map(async (id, index) => {
    const store = await fetchCommit(source, id, { ref: NAMES[index]! });
    const tree = (await resolveTree(store, id, `bundles/${NAMES[index]!}`))!;
    await withRepair(store, silentLog, () => fetchBlobs(store, tree));
    return (await missingObjects(store, tree)).length;
  });
  expect(await Promise.all(trees)).toEqual(NAMES.map(() => 0));
});

it('a server that refuses is not contacted once per bundle', async () => {
  const root = at.box.folder('server');
  const server = await at.serve(root, { status: 403 });
  const source = { url: `${server.url}/repo`, self: false, root: at.box.dir };
  const problems = await Promise.all(
    readAll(
      source,
      [...'abcdef'].map((digit) => digit.repeat(40)),
    ).map(problemOf),
  );
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['repo-denied']));
  const all = server.requests.length;
  server.requests.length = 0;
  await problemOf(fetchCommit(source, 'f'.repeat(40)));
  // The first request, then all others in one.
  expect(all).toBeLessThanOrEqual(2 * server.requests.length);
});
