// Third-party Dockerfiles, which are not part of this repository: KD_DOCKERFILES is a folder of them, with subfolders.
// Each is refused at a line that needs an engine, or gives the same image as buildx; so does the rest of it without such lines.
import fs from 'node:fs';
import path from 'node:path';
import { isRefusal } from '@kdcube/release/internal';
import { type Engine, optionalEngine, testWithEngine } from './support/engine';
import { contextFor, given, onOurBase, withoutPrograms } from './support/foreign';
import { gitRepo } from './support/git';
import { compareBuilds } from './support/parity';
import { freshFolder } from './support/run';

const FOLDER = process.env.KD_DOCKERFILES;

const files = FOLDER
  ? (fs.readdirSync(FOLDER, { recursive: true }) as string[])
      .filter((name) => fs.statSync(path.join(FOLDER, name)).isFile() && /dockerfile/i.test(path.basename(name)))
      .sort()
  : [];

if (!FOLDER) test.skip('third-party Dockerfiles (skipped: KD_DOCKERFILES is not set)', () => {});
else test('the folder has Dockerfiles', () => expect(files).not.toEqual([]));

let cache: string | undefined;
beforeAll(() => {
  cache = process.env.KDCUBE_CACHE_DIR;
  if (optionalEngine()) process.env.KDCUBE_CACHE_DIR = freshFolder('cache');
});
afterAll(() => {
  if (cache === undefined) delete process.env.KDCUBE_CACHE_DIR;
  else process.env.KDCUBE_CACHE_DIR = cache;
});

/** Matches a line that a daemonless build does not support. */
const NEEDS_ENGINE = /^\s*(?:RUN|ONBUILD)\b|--from=|--mount=|--chown=\D|<<|https?:\/\//i;

for (const name of files) {
  const text = fs.readFileSync(path.join(FOLDER!, name), 'utf8');
  testWithEngine(`${name}: unchanged`, async (engine) => {
    const refused = await check(engine, text);
    if (refused) expect(refused.at).toEqual(expect.stringMatching(NEEDS_ENGINE));
  });
  testWithEngine(`${name}: without RUN and other images`, async (engine) => {
    const refused = await check(engine, withoutPrograms(text));
    // A USER with a name is not supported either.
    if (refused) expect(refused.why).toMatch(/not numeric/);
  });
}

/** Fails if the two images differ; returns the refused line, if there is one. */
async function check(engine: Engine, text: string): Promise<{ why: string; at: string } | undefined> {
  const args = given(text);
  const repo = gitRepo(freshFolder('foreign'), { 'own/.keep': '', ...contextFor(text, args) });
  const dockerfile = onOurBase(text);
  const both = await compareBuilds(engine, { repo, bundles: [] }, { dockerfile, args });
  if (isRefusal(both)) return { why: both.why, at: dockerfile.split('\n')[both.line - 1]! };
  expect(both.settings.ours).toEqual(both.settings.theirs);
  expect(both.files.ours).toEqual(both.files.theirs);
  expect(both.started.ours).toEqual(both.started.theirs);
  return undefined;
}
