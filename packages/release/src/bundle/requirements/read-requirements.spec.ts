import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRequirements } from './read-requirements';

const COMMIT = 'a'.repeat(40);
const HASH = `--hash=sha256:${'b'.repeat(64)}`;

/** A line, and how many packages it names; `invalid` if pip refuses it. */
const LINES: [line: string, expected: string][] = [
  ['httpx==0.27.2', 'package pinned'],
  ['httpx === 0.27.2', 'package pinned'],
  ['httpx (==0.27.2)', 'package pinned'],
  ['httpx[http2,cli]==0.27.2 ; python_version >= "3.11"', 'package pinned'],
  ['httpx', 'package'],
  ['httpx>=0.27,<1', 'package'],
  ['httpx==0.27.*', 'package'],
  ['httpx~=0.27', 'package'],
  ['httpx!=0.26', 'package'],
  ['httpx==0.27.2 # why', 'package pinned'],
  [`httpx==0.27.2 ${HASH}`, 'package pinned hashed'],
  [`httpx==0.27.2 \\\n    ${HASH} \\\n    ${HASH}`, 'package pinned hashed'],
  ['zope.interface==6.1', 'package pinned'],
  [`lib @ git+https://git.example.com/a/lib.git@${COMMIT}`, 'url pinned git'],
  ['git+https://git.example.com/a/lib.git@main#egg=lib', 'url git'],
  ['git+ssh://git@git.example.com/a/lib.git', 'url git'],
  [`lib @ https://example.com/lib-1.0-py3-none-any.whl#sha256=${'c'.repeat(64)}`, 'url pinned hashed'],
  ['https://example.com/lib-1.0-py3-none-any.whl', 'url'],
  ['-e git+https://git.example.com/a/lib.git#egg=lib', 'url git editable'],
  ['httpx=0.27', 'invalid'],
  ['httpx 0.27', 'invalid'],
  ['httpx==0.27.2 --bogus', 'invalid'],
  ['--bogus', 'invalid'],
  ['1httpx!', 'invalid'],
  ['httpx[http2==1', 'invalid'],
  ['-r', 'invalid'],
  ['# only a comment', 'nothing'],
  ['', 'nothing'],
  ['--no-index', 'nothing'],
  ['--require-hashes', 'nothing'],
  ['--only-binary :all:', 'nothing'],
];

function summary(text: string): string {
  const { requirements, invalid } = readRequirements(text);
  if (invalid.length > 0) return 'invalid';
  const [one] = requirements;
  if (!one) return 'nothing';
  const flags = (['pinned', 'hashed', 'git', 'editable'] as const).filter((flag) => one[flag]);
  return [one.kind, ...flags].join(' ');
}

test.each(LINES)('%s', (line, expected) => expect(summary(line)).toBe(expected));

test.each([
  ['./wheels/lib-1.0-py3-none-any.whl', 'path pinned'],
  ['lib-1.0.tar.gz', 'path pinned'],
  ['-e .', 'path pinned editable'],
  ['--editable=./lib', 'path pinned editable'],
  ['/opt/lib', 'path pinned'],
  // pip refuses it since 24.1, and finds no version of it before.
  ['httpx==', 'invalid'],
])('%s', (line, expected) => expect(summary(line)).toBe(expected));

test('lines are those of the file, and includes and other indexes are told apart', () => {
  const text =
    '\uFEFF# head\r\n\r\nhttpx==0.27.2 \\\r\n  --hash=sha256:00\r\n-r base.txt\r\n--constraint=c.txt\r\n-i https://me:s3cr3t@pypi.example/simple\r\nbad line\r\n';
  const file = readRequirements(text);
  expect(file.requirements.map(({ line, text: shown }) => [line, shown])).toEqual([[3, 'httpx==0.27.2']]);
  expect(file.includes).toEqual([
    { line: 5, path: 'base.txt', kind: 'requirements' },
    { line: 6, path: 'c.txt', kind: 'constraints' },
  ]);
  expect(file.sources).toEqual([{ line: 7, option: '-i' }]);
  expect(file.invalid.map(({ line }) => line)).toEqual([8]);
  expect(JSON.stringify(file)).not.toContain('s3cr3t');
});

test('a password in the URL of a package is not kept', () => {
  const { requirements } = readRequirements('lib @ git+https://me:s3cr3t@git.example.com/a/lib.git@main\n');
  expect(JSON.stringify(requirements)).not.toContain('s3cr3t');
});

test('the time is linear in the text', () => {
  const hostile = [
    'a'.repeat(200_000),
    `a${'['.repeat(100_000)}`,
    `a ${'==1,'.repeat(50_000)}`,
    `a${' '.repeat(200_000)}b`,
    '\\\n'.repeat(50_000),
  ];
  for (const text of hostile) expect(() => readRequirements(text)).not.toThrow();
});

const PIP = `
import json, sys, os
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
from pip._internal.req.constructors import install_req_from_parsed_requirement
for file in json.load(sys.stdin):
    try:
        for parsed in parse_requirements(file, session=PipSession()):
            install_req_from_parsed_requirement(parsed)
        print("valid")
    except BaseException as error:
        print("invalid")
`;
const pip = spawnSync('python3', ['-c', 'import pip._internal.req.req_file'], { encoding: 'utf8' });
const describeWithPip = pip.status === 0 ? describe : describe.skip;

describeWithPip(`pip itself as a judge${pip.status === 0 ? '' : ' (skipped: python3 has no pip)'}`, () => {
  test('reads and refuses the same lines', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kd-requirements-'));
    try {
      const files = LINES.map(([line], index) => {
        const file = join(folder, `${index}.txt`);
        writeFileSync(file, `${line}\n`);
        return file;
      });
      const { stdout } = spawnSync('python3', ['-c', PIP], { input: JSON.stringify(files), encoding: 'utf8' });
      const verdicts = stdout.trim().split('\n');
      expect(verdicts.map((verdict, index) => [LINES[index]![0], verdict])).toEqual(
        LINES.map(([line, expected]) => [line, expected === 'invalid' ? 'invalid' : 'valid']),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
