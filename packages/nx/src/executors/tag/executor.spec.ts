import * as fs from 'node:fs';
import * as path from 'node:path';
import { silentLog } from '../../system/log';
import { pushImage } from '../../images/push/push';
import { resolveRegistries } from '../../workspace/registries';
import { gitSync, write } from '../../../testing/git-kit';
import tag from './executor';
import { heardAcme, releaseContext } from '../../../testing/hear';

jest.setTimeout(120_000);

const at = heardAcme();

const push = () =>
  at.ours.job((job) => {
    const registries = resolveRegistries({ registry: at.ours.registry.host }, {}, {});
    return pushImage(job, { root: at.ours.root, registries, engine: 'auto', dryRun: false, branch: 'main' }, silentLog);
  });
const run = async (options: object = {}) => {
  const context = releaseContext(at.ours.root, { registry: at.ours.registry.host });
  return (await tag({ tags: [], args: {}, dryRun: false, json: false, ...options }, context)).success;
};
const tags = async () =>
  ((await (await fetch(`http://${at.ours.registry.host}/v2/proc/tags/list`)).json()) as { tags: string[] }).tags.filter(
    (name) => !name.startsWith('c-'),
  );
const named = (name: string) =>
  at.ours.commit({
    'release.yaml': `release_name: ${name}\n${fs.readFileSync(path.join(at.ours.root, 'release.yaml'), 'utf8')}`,
  });

it('puts the release’s name, the commit and the given tags on the digest, each once, and a second time nothing', async () => {
  named('v1');
  await push();
  expect(await run({ tags: ['v1', 'stable'] })).toBe(true);
  const head = gitSync(at.ours.root, 'rev-parse', 'HEAD');
  expect((await tags()).sort()).toEqual([`customer-${head}`, 'customer-main', 'stable', 'v1']);
  expect(at.said.match(/tagged +proc {2}v1 → sha256:/g)).toHaveLength(1);
  at.ours.registry.journal.length = 0;
  expect(await run({ tags: ['stable'] })).toBe(true);
  expect(at.ours.registry.journal.filter(({ method }) => method === 'PUT')).toEqual([]);
});

it('sets none when one names another image', async () => {
  named('v1');
  await push();
  expect(await run()).toBe(true);
  at.ours.commit({ 'bundles/here@1-0/new.py': '' });
  await push();
  const before = await tags();
  expect(await run({ tags: ['new'] })).toBe(false);
  expect(at.said).toContain('[tag-exists]');
  expect(await tags()).toEqual(before);
});

it('does nothing on a dry run but say what it would do', async () => {
  await push();
  const before = await tags();
  expect(await run({ tags: ['v1'], dryRun: true })).toBe(true);
  expect(at.said).toMatch(/would tag +proc {2}v1 → sha256:/);
  expect(await tags()).toEqual(before);
});

it.each([
  ['not-committed', 'a pin', () => fs.appendFileSync(path.join(at.ours.root, 'pins/images/proc/pin.json'), '\n')],
  ['not-committed', 'a bundle', () => write(at.ours.root, { 'bundles/here@1-0/new.py': '' })],
  ['image-not-pushed', 'other content', () => at.ours.commit({ 'bundles/here@1-0/new.py': '' })],
  [
    'dockerfile-missing',
    'no image at all',
    () => {
      gitSync(at.ours.root, 'rm', '-r', '--quiet', 'images', 'pins/images');
      at.ours.commit({});
    },
  ],
])('refuses: %s, for %s', async (code, _, change) => {
  await push();
  const before = await tags();
  change();
  expect(await run({ tags: ['v1'] })).toBe(false);
  expect(at.said).toContain(`[${code}]`);
  expect(await tags()).toEqual(before);
});

it('refuses a tag that poses as a content key, before anything is asked', async () => {
  at.ours.registry.journal.length = 0;
  expect(await run({ tags: [`c-${'a'.repeat(64)}`] })).toBe(false);
  expect(at.said).toContain('[unsafe-tag]');
  expect(at.ours.registry.journal).toEqual([]);
});
