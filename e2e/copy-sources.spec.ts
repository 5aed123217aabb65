// The check of COPY and ADD sources beside buildx: what we call missing fails there, and what we call complete builds there.
import fs from 'node:fs';
import path from 'node:path';
import { missingSources, readIgnore } from '@kdcube/release/internal';
import { openContext } from '../packages/nx/src/oci/context';
import { silentLog } from '../packages/nx/src/system/log';
import { type Engine, testWithEngine } from './support/engine';
import { gitRepo } from './support/git';
import { freshFolder, run } from './support/run';

const PLATFORM = 'linux/amd64';
const FILES = {
  'dir/file.txt': 'x\n',
  'dir/sub/deep.txt': 'y\n',
  'secret/key.txt': 'z\n',
  'bin/amd64/tool': 't\n',
  'a b': 'with a blank\n',
  link: { symlink: 'dir' },
  dangling: { symlink: 'nowhere' },
  '.dockerignore': 'secret\nignored/**\n!ignored/keep\n',
  'ignored/keep': 'k\n',
  'ignored/gone': 'g\n',
};

const COMPLETE: [string, string][] = [
  ['files and folders', 'COPY dir /d\nCOPY dir/file.txt dir/sub /e/\nCOPY . /all\nADD ./dir/../dir/ /f'],
  ['from the root of the context', 'COPY /dir /d\nCOPY ../dir /e\nCOPY ../../dir/file.txt /f'],
  ['the exec form', 'COPY ["dir", "/d"]\nCOPY ["a b", "/e/"]'],
  ['a wildcard without a match', 'COPY dir/file.txt nothing* /d/\nCOPY no?hing /e/'],
  ['a path through a symlink', 'COPY link/file.txt /d'],
  ['a longer path through a symlink', 'COPY link/sub/deep.txt /d'],
  ['a symlink', 'COPY link /d'],
  ['an exception in .dockerignore', 'COPY ignored/keep /d\nCOPY ignored /e'],
  ['variables', 'ARG A=dir\nENV B=$A/sub\nENV C="${NONE:-dir}" D=dir\nARG D\nCOPY $A $B ${C} $D /d/'],
  ['an ARG after an ENV of the same name', 'ENV A=gone\nARG A=dir\nCOPY $A /d'],
  ['the platform', 'ARG TARGETARCH\nCOPY bin/${TARGETARCH}/tool /d'],
  ['a stage that is not needed', 'COPY dir /d\nFROM scratch AS unused\nCOPY gone /d\nFROM scratch\nCOPY dir /d'],
  ['other stages', 'COPY dir /d\nFROM scratch AS Second\nCOPY --from=0 /d /e\nFROM scratch\nCOPY --from=second /e /f'],
  ['a here-document', 'COPY <<END /d\nCOPY gone /x\nEND'],
];

const INCOMPLETE: [string, string, string[]][] = [
  ['a file', 'COPY gone.txt /d', ['2 gone.txt']],
  ['one of several', 'COPY dir gone.txt /d/', ['2 gone.txt']],
  ['in the exec form', 'COPY ["go ne", "/d/"]', ['2 go ne']],
  ['a path below a file', 'COPY dir/file.txt/x /d', ['2 dir/file.txt/x']],
  ['ADD', 'ADD gone.tar.gz /d', ['2 gone.tar.gz']],
  ['through a symlink', 'COPY link/gone /d', ['2 link/gone']],
  ['excluded by .dockerignore', 'COPY secret /d', ['2 secret']],
  ['below an excluded folder', 'COPY secret/key.txt /d', ['2 secret/key.txt']],
  ['beside an exception', 'COPY ignored/gone /d', ['2 ignored/gone']],
  ['a variable of the stage below', 'ENV A=gone\nFROM first\nCOPY $A /d', ['4 gone']],
  ['a needed stage', 'COPY gone /d\nFROM scratch\nCOPY --from=first /d /e', ['2 gone']],
  ['by its index', 'COPY gone /d\nFROM scratch\nCOPY --from=0 /d /e', ['2 gone']],
  ['an argument with a default', 'ARG A=gone\nCOPY ${A} /d', ['3 gone']],
  ['another letter case', 'COPY DIR /d', ['2 DIR']],
];

const repository = gitRepo(freshFolder('copy-sources'), FILES);

/** The lines and sources that we call missing. */
async function check(text: string): Promise<string[]> {
  const ignore = readIgnore(FILES['.dockerignore']);
  const tree = repository.git('rev-parse', 'HEAD^{tree}').trim();
  const open = async () => ({ context: { cwd: repository.dir } });
  const { entries } = await openContext([{ path: '', tree, open, subject: 'test' }], ignore, silentLog);
  const missing = missingSources(text, { args: {}, platform: PLATFORM }, entries, ignore);
  return missing.map(({ line, absent }) => `${line} ${absent}`);
}

async function build(text: string, engine: Engine) {
  const file = path.join(freshFolder('dockerfile'), 'Dockerfile');
  fs.writeFileSync(file, text);
  const args = ['buildx', 'build', '--platform', PLATFORM, '--output', 'type=cacheonly', '--file', file, repository.dir];
  return run('docker', args, engine);
}

for (const [name, lines] of COMPLETE)
  testWithEngine(`nothing is missing, and buildx builds: ${name}`, async (engine) => {
    const text = `FROM scratch AS first\n${lines}\n`;
    expect(await check(text)).toEqual([]);
    expect(await build(text, engine)).toMatchObject({ exitCode: 0 });
  });

for (const [name, lines, expected] of INCOMPLETE)
  testWithEngine(`missing, and buildx fails: ${name}`, async (engine) => {
    const text = `FROM scratch AS first\n${lines}\n`;
    expect(await check(text)).toEqual(expected);
    const { exitCode, output } = await build(text, engine);
    expect([exitCode === 0, output]).toEqual([false, expect.stringContaining('not found')]);
  });
