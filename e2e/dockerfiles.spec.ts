// Dockerfiles that others wrote, as data: none of them is part of this repository. KD_DOCKERFILES names a folder of them, with subfolders.
// Each must be refused at a line that really needs an engine, or give what buildx gives; and so must what is left of it without such lines.
import fs from 'node:fs';
import path from 'node:path';
import { isRefusal } from '@kdcube/release/internal';
import { type Engine, engineIfThere, testWithEngine } from './support/engine';
import { contextFor, given, onOurBase, withoutPrograms } from './support/foreign';
import { gitRepo } from './support/git';
import { compared } from './support/parity';
import { freshFolder } from './support/run';

const FOLDER = process.env.KD_DOCKERFILES;

const files = FOLDER
  ? (fs.readdirSync(FOLDER, { recursive: true }) as string[])
      .filter((name) => fs.statSync(path.join(FOLDER, name)).isFile() && /dockerfile/i.test(path.basename(name)))
      .sort()
  : [];

if (!FOLDER) test.skip('Dockerfiles that others wrote (skipped: KD_DOCKERFILES names no folder of them)', () => {});
else test('there are Dockerfiles in the folder', () => expect(files).not.toEqual([]));

let cache: string | undefined;
beforeAll(() => {
  cache = process.env.KDCUBE_CACHE_DIR;
  if (engineIfThere()) process.env.KDCUBE_CACHE_DIR = freshFolder('cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.KDCUBE_CACHE_DIR;
  else process.env.KDCUBE_CACHE_DIR = cache;
});

/** What a line says that arithmetic cannot do. */
const NEEDS_ENGINE = /^\s*(?:RUN|ONBUILD)\b|--from=|--mount=|--chown=\D|<<|https?:\/\//i;

for (const name of files) {
  const text = fs.readFileSync(path.join(FOLDER!, name), 'utf8');
  testWithEngine(`${name}: as it is`, async (engine) => {
    const refused = await check(engine, text);
    if (refused) expect(refused.at).toEqual(expect.stringMatching(NEEDS_ENGINE));
  });
  testWithEngine(`${name}: what is left without programs and other images`, async (engine) => {
    const refused = await check(engine, withoutPrograms(text));
    // A USER with a name is one more thing that only the image itself can explain.
    if (refused) expect(refused.why).toMatch(/not numeric/);
  });
}

/** Fails where the two images differ; returns the line that is refused, if one is. */
async function check(engine: Engine, text: string): Promise<{ why: string; at: string } | undefined> {
  const args = given(text);
  const repo = gitRepo(freshFolder('foreign'), { 'own/.keep': '', ...contextFor(text, args) });
  const dockerfile = onOurBase(text);
  const both = await compared(engine, { repo, bundles: [] }, { dockerfile, args });
  if (isRefusal(both)) return { why: both.why, at: dockerfile.split('\n')[both.line - 1]! };
  expect(both.settings.ours).toEqual(both.settings.theirs);
  expect(both.files.ours).toEqual(both.files.theirs);
  expect(both.started.ours).toEqual(both.started.theirs);
  return undefined;
}
