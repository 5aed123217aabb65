import * as fs from 'node:fs';
import * as path from 'node:path';
import { silentLog } from '../../system/log';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { gitSync, write } from '../../../testing/git-kit';
import tag from './executor';
import { captureAcme, releaseContext } from '../../../testing/capture-output';

jest.setTimeout(120_000);

const at = captureAcme();

const push = () =>
  at.workspace.job((job) => {
    const registries = resolveRegistries({ registry: at.workspace.registry.host }, {}, {});
    return pushImage(job, { root: at.workspace.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });
const run = async (options: object = {}) => {
  const context = releaseContext(at.workspace.root, { registry: at.workspace.registry.host });
  return (await tag({ tags: [], args: {}, dryRun: false, json: false, ...options }, context)).success;
};
const tags = async () =>
  ((await (await fetch(`http://${at.workspace.registry.host}/v2/proc/tags/list`)).json()) as { tags: string[] }).tags.filter(
    (name) => !name.startsWith('c-'),
  );
const named = (name: string) =>
  at.workspace.commit({
    'release.yaml': `release_name: ${name}\n${fs.readFileSync(path.join(at.workspace.root, 'release.yaml'), 'utf8')}`,
  });

it('tags the digest with the release’s name, the commit and the given tags, each once, and does nothing the second time', async () => {
  named('v1');
  await push();
  expect(await run({ tags: ['v1', 'stable'] })).toBe(true);
  const head = gitSync(at.workspace.root, 'rev-parse', 'HEAD');
  expect((await tags()).sort()).toEqual([`customer-${head}`, 'customer-main', 'stable', 'v1']);
  expect(at.output.match(/tagged +proc {2}v1 → sha256:/g)).toHaveLength(1);
  at.workspace.registry.journal.length = 0;
  expect(await run({ tags: ['stable'] })).toBe(true);
  expect(at.workspace.registry.journal.filter(({ method }) => method === 'PUT')).toEqual([]);
});

it('sets no tag if one of them names another image', async () => {
  named('v1');
  await push();
  expect(await run()).toBe(true);
  at.workspace.commit({ 'bundles/here@1-0/new.py': '' });
  await push();
  const before = await tags();
  expect(await run({ tags: ['new'] })).toBe(false);
  expect(at.output).toContain('[tag-exists]');
  expect(await tags()).toEqual(before);
});

it('on a dry run, only reports what it would do', async () => {
  await push();
  const before = await tags();
  expect(await run({ tags: ['v1'], dryRun: true })).toBe(true);
  expect(at.output).toMatch(/would tag +proc {2}v1 → sha256:/);
  expect(await tags()).toEqual(before);
});

it.each([
  ['not-committed', 'a pin', () => fs.appendFileSync(path.join(at.workspace.root, 'pins/images/proc/pin.json'), '\n')],
  ['not-committed', 'a bundle', () => write(at.workspace.root, { 'bundles/here@1-0/new.py': '' })],
  ['image-not-pushed', 'other content', () => at.workspace.commit({ 'bundles/here@1-0/new.py': '' })],
  [
    'dockerfile-missing',
    'no image at all',
    () => {
      gitSync(at.workspace.root, 'rm', '-r', '--quiet', 'images', 'pins/images');
      at.workspace.commit({});
    },
  ],
])('rejects: %s, for %s', async (code, _, change) => {
  await push();
  const before = await tags();
  change();
  expect(await run({ tags: ['v1'] })).toBe(false);
  expect(at.output).toContain(`[${code}]`);
  expect(await tags()).toEqual(before);
});

it('rejects a tag that looks like a content key, before any request', async () => {
  at.workspace.registry.journal.length = 0;
  expect(await run({ tags: [`c-${'a'.repeat(64)}`] })).toBe(false);
  expect(at.output).toContain('[unsafe-tag]');
  expect(at.workspace.registry.journal).toEqual([]);
});
