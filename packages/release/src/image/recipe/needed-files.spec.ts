import { neededFiles } from './files/needed-files';

const FILES = [
  '.dockerignore',
  'Dockerfile',
  'app/a.py',
  'app/sub/b.py',
  'docs/x.md',
  'other/Dockerfile',
  'requirements.txt',
].map((path) => ({
  path,
  mode: '100644',
}));
const LINK = { path: 'link', mode: '120000' };
const ALL = FILES.map(({ path }) => path);
const OWN = ['.dockerignore', 'Dockerfile'];

const needed = (text: string, files = FILES, args = {}) =>
  neededFiles(text, 'Dockerfile', { args, platform: 'linux/amd64' }, files).map(({ path }) => path);

test.each([
  ['no source', 'RUN true', OWN],
  ['files and folders', 'COPY requirements.txt app/ /x/', [...OWN, 'app/a.py', 'app/sub/b.py', 'requirements.txt']],
  ['a file in a folder', 'COPY --chown=1:1 ./app/sub/b.py /x', [...OWN, 'app/sub/b.py']],
  ['the folder of a wildcard', 'COPY app/*.py /x/', [...OWN, 'app/a.py', 'app/sub/b.py']],
  ['a wildcard in the first folder', 'COPY *.txt /x/', ALL],
  ['the whole context', 'COPY . /x', ALL],
  ['a missing source', 'COPY gone /x', OWN],
  ['a known variable', 'ARG DIR=docs\nCOPY ${DIR} /x', [...OWN, 'docs/x.md']],
  ['an unknown variable', 'ARG DIR\nCOPY ${DIR}/x.md /x', ALL],
  ['another stage', 'COPY --from=0 /docs /x', OWN],
  ['a stage that is not needed', 'COPY docs /x\nFROM scratch\nRUN true', OWN],
  ['a bind mount', 'RUN --mount=type=bind,source=docs,target=/d true', [...OWN, 'docs/x.md']],
  ['a bind mount of everything', 'RUN --mount=target=/d true', ALL],
  ['a cache', 'RUN --mount=type=cache,target=/d true', OWN],
  ['a download', 'ADD https://example.org/x /x', OWN],
  ['a here-document', 'COPY <<END /x\nCOPY docs /y\nEND', OWN],
])('%s', (_, lines, expected) => {
  expect(needed(`FROM base\n${lines}\n`)).toEqual(expected);
});

it('has arguments from outside', () => {
  expect(needed('FROM base\nARG DIR\nCOPY ${DIR} /x\n', FILES, { DIR: 'docs' })).toEqual([...OWN, 'docs/x.md']);
});

it('has everything if a source is a link, or the file cannot be parsed', () => {
  expect(needed('FROM base\nCOPY link/x /x\n', [...FILES, LINK])).toEqual([...ALL, 'link']);
  expect(needed('FROM base\nCOPY app /x\n', [...FILES, LINK])).toEqual([...OWN, 'app/a.py', 'app/sub/b.py']);
  expect(needed('# syntax=other/frontend\nFROM base\nCOPY app /x\n')).toEqual(ALL);
  expect(needed('FROM base\nCOPY <<END /x\n')).toEqual(ALL);
});
