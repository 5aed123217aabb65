import type { ContextEntry } from './files/context';
import { readIgnore } from './files/ignore';
import { missingSources } from './files/missing-sources';

const file = (path: string): ContextEntry => ({ path, kind: 'file', executable: false });
const CONTEXT: ContextEntry[] = [
  file('services/app/requirements.txt'),
  file('deployment/docker/all_in_one_kdcube/docker-entrypoint.sh'),
  file('secret/key.txt'),
  { path: 'link', kind: 'link', target: 'services/app' },
  { path: 'dangling', kind: 'link', target: 'nowhere' },
  { path: 'loop', kind: 'link', target: 'loop' },
  { path: 'bundles/my_bundle', kind: 'closed' },
];

const missing = (text: string, ignore = '', args: Record<string, string> = {}) =>
  missingSources(text, { args, platform: 'linux/amd64' }, CONTEXT, readIgnore(ignore));
const absent = (text: string, ignore = '', args: Record<string, string> = {}) =>
  missing(text, ignore, args).map(({ line, instruction, absent: source }) => `${line} ${instruction} ${source}`);

test('a missing source, with its line and the files of the same name', () => {
  const text = 'FROM x\nRUN build\nCOPY --chown=1000 deployment/docker/all_in_one/docker-entrypoint.sh /usr/local/bin/\n';
  expect(missing(text)).toEqual([
    {
      line: 3,
      instruction: 'COPY',
      why: 'deployment/docker/all_in_one/docker-entrypoint.sh is not in the build context',
      absent: 'deployment/docker/all_in_one/docker-entrypoint.sh',
      similar: ['deployment/docker/all_in_one_kdcube/docker-entrypoint.sh'],
    },
  ]);
});

test('a source that .dockerignore excludes', () => {
  const text = 'FROM x\nCOPY secret /s\nCOPY services/app/ .\n';
  expect(missing(text, 'secret\nservices\n!services/app')).toMatchObject([
    { absent: 'secret', why: 'secret is not in the build context: .dockerignore excludes it', similar: [] },
  ]);
  expect(missing(text, 'secret/*.md')).toEqual([]);
});

const FOUND: [string, string][] = [
  ['a folder, and the whole context', 'COPY services/ /s\nCOPY . .\nCOPY ./ /x\nCOPY /services/app /y\nCOPY ../services /z'],
  ['a wildcard, which may match nothing', 'COPY nothing* service?/x /x/'],
  ['a symlink, and a path through one', 'COPY link/requirements.txt .\nCOPY dangling .\nCOPY loop/x .'],
  ['a bundle, whose files are not listed', 'COPY bundles /bundles\nCOPY bundles/my_bundle/entrypoint.py .'],
  ['a source in another stage or image', 'COPY --from=nginx /etc/nginx /x\nCOPY --from=0 /nothing /x'],
  ['a download', 'ADD https://example.com/x.tar.gz /x\nADD git@github.com:org/x.git /x\nADD git://example.com/x /x'],
  ['a here-document', 'COPY <<EOF /etc/x\nCOPY nothing /x\nEOF'],
  ['a variable that the base may set', 'COPY $UNKNOWN /x\nCOPY ${UNKNOWN}/y /x\nENV A=$UNKNOWN/b\nCOPY $A /x'],
  ['an ARG after an ENV of the same name', 'ENV A=gone1\nARG A=gone2\nCOPY $A /x'],
  ['an argument without a value', 'ARG CONFIG\nCOPY ${CONFIG} /x'],
  ['a form of variable that only an engine supports', 'ENV A=services\nCOPY ${A%x} /x'],
  ['an instruction that has no source', 'COPY\nCOPY x\nCOPY []\nCOPY [1, 2]\nCOPY --chown="a" x y'],
  ['an instruction of other images', 'ONBUILD COPY nothing /x'],
];
test.each(FOUND)('nothing is missing: %s', (_, text) => {
  expect(absent(`FROM x\n${text}\n`)).toEqual([]);
});

const MISSING: [string, string, string[]][] = [
  [
    'several sources, in both forms',
    'COPY a services b /x/\nADD ["c", "services/app", "d e", "/x/"]',
    ['2 COPY a', '2 COPY b', '3 ADD c', '3 ADD d e'],
  ],
  ['a file as a folder', 'COPY secret/key.txt/x /x', ['2 COPY secret/key.txt/x']],
  ['a continued line', 'COPY services \\\n  # comment\n  gone \\\n  /x/', ['2 COPY gone']],
  ['ARG and ENV', 'ARG A=gone\nENV B=${A}/b\nENV A=other\nCOPY $A $B /x/', ['5 COPY other', '5 COPY gone/b']],
  [
    'an ARG without a value, or with the same one, after an ENV',
    'ENV A=gone B=gone\nARG A\nARG B=gone\nCOPY $A $B /x/',
    ['5 COPY gone', '5 COPY gone'],
  ],
  ['the platform of the build', 'ARG TARGETARCH\nCOPY bin/$TARGETARCH /x', ['3 COPY bin/amd64']],
  ['path with . and ..', 'COPY ./services/../gone/./x /x', ['2 COPY gone/x']],
];
test.each(MISSING)('missing: %s', (_, text, expected) => {
  expect(absent(`FROM x\n${text}\n`)).toEqual(expected);
});

test('build arguments replace defaults, in FROM and in a stage that declares them', () => {
  const text =
    'ARG BASE=one\nARG DIR=services\nFROM x AS one\nCOPY gone1 /x\nFROM x AS two\nCOPY gone2 /x\nFROM $BASE\nARG DIR\nCOPY $DIR /x\n';
  expect(absent(text)).toEqual(['4 COPY gone1']);
  expect(absent(text, '', { BASE: 'two', DIR: 'gone3' })).toEqual(['6 COPY gone2', '9 COPY gone3']);
});

test('only stages that the image needs are checked', () => {
  const text = [
    'FROM x AS base\nENV DIR=gone\nCOPY gone1 /x',
    'FROM x AS tools\nCOPY gone2 /x',
    'FROM x AS mounted\nCOPY gone3 /x',
    'FROM x AS unused\nCOPY gone4 /x',
    'FROM Base\nCOPY --from=tools /x /x\nRUN --mount=type=bind,from=mounted,target=/m true\nCOPY $DIR /x',
  ].join('\n');
  expect(absent(text)).toEqual(['3 COPY gone1', '5 COPY gone2', '7 COPY gone3', '13 COPY gone']);
});

test('a stage is not its own base', () => {
  expect(absent('FROM python AS python\nCOPY gone /x\nFROM python AS python\nCOPY services /x\n')).toEqual(['2 COPY gone']);
});

const UNREADABLE: [string, string][] = [
  ['nothing', ''],
  ['no FROM', 'COPY gone /x'],
  ['another frontend', '# syntax=example.com/own\nFROM x\nCOPY gone /x'],
  ['another escape character', '# escape=`\nFROM x\nCOPY gone /x'],
  ['a here-document without an end', 'FROM x\nCOPY gone /x\nRUN <<EOF\n'],
];
test.each(UNREADABLE)('leaves to the engine what it cannot read: %s', (_, text) => {
  expect(missing(text)).toEqual([]);
});

test('checks nothing if the content of a folder that is not listed decides', () => {
  expect(absent('FROM x\nCOPY gone /x', 'bundles\n!bundles/my_bundle/x')).toEqual([]);
});
