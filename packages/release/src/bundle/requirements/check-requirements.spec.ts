import { findVenvs } from '../source/venv';
import { checkRequirements } from './check-requirements';

const HASH = `--hash=sha256:${'b'.repeat(64)}`;
const PLACE = { id: 'weather@2-1', folder: 'bundles/weather@2-1' };

function check(files: Record<string, string>, gitInImage = true, hasVenvs = true) {
  const texts = new Map(Object.entries(files));
  const python = new Map([...texts].filter(([path]) => path.endsWith('.py')));
  return checkRequirements({
    ...PLACE,
    venvs: findVenvs(python, PLACE),
    read: (path) => texts.get(path),
    gitInImage,
    hasVenvs,
  });
}

const VENV = `from kdcube_ai_app.infra.plugin.bundle_loader import venv

@venv(requirements="requirements.txt", timeout_seconds=60)
def work():
    pass
`;
const withList = (text: string) => check({ 'service.py': VENV, 'requirements.txt': text });

describe('which files the platform installs', () => {
  test.each<[string, string, string[]]>([
    ['a name', '@venv(requirements="deps/pdf.txt")\ndef f(): pass\n', ['deps/pdf.txt']],
    ['the default', '@venv()\ndef f(): pass\n', ['requirements.txt']],
    ['an empty name', '@venv(requirements=" ")\ndef f(): pass\n', ['requirements.txt']],
    ['through a module', '@loader.venv(python="python3.12")\nasync def f(): pass\n', ['requirements.txt']],
    ['methods', 'class A:\n  @venv()\n  def f(self): pass\n  @venv()\n  def g(self): pass\n', ['requirements.txt']],
    ['none', '@cached\ndef venv(): pass\n', []],
    ['a name without a call', '@venv\ndef f(): pass\n', []],
    ['in a text', "TEXT = '''\n@venv()\ndef f(): pass\n'''\n", []],
  ])('%s', (_, source, expected) => {
    const { installed, problems } = check({ 'service.py': source, 'requirements.txt': '', 'deps/pdf.txt': '' });
    expect([installed, problems]).toEqual([expected, []]);
  });

  test.each(['@venv(requirements=LIST)', '@venv(**options)', '@venv(requirements=f"{x}.txt")'])('%s is computed', (decorator) => {
    const found = check({ 'service.py': `${decorator}\ndef f(): pass\n`, 'requirements.txt': 'a=1' });
    expect(found).toEqual({
      installed: [],
      problems: [],
      notes: [expect.stringContaining('service.py:1 computes the requirements')],
    });
  });

  test('tests of the bundle do not count', () => {
    expect(check({ 'tests/test_a.py': VENV }).problems).toEqual([]);
  });
});

describe('what pip would refuse', () => {
  test.each<[string, string, number, RegExp]>([
    ['an editable path', '-e ./lib\n', 1, /an editable package: pip looks for it below the working folder/],
    ['a path', 'httpx==1\n./lib\n', 2, /is a path/],
    ['no package', 'httpx==1\nwrong one\n', 2, /does not read "wrong one" as a package/],
    ['a hash for one package only', `httpx==1 ${HASH}\nidna==3\n`, 2, /"idna==3" has no hash/],
    ['--require-hashes without hashes', '--require-hashes\nidna==3\n', 2, /has no hash/],
    ['a file that is not there', 'idna==3\n-r base.txt\n', 2, /"base\.txt" is not in the bundle/],
    ['a file above the bundle', '-r ../base.txt\n', 1, /"\.\.\/base\.txt" is not in the bundle/],
  ])('%s', (_, text, line, message) => {
    expect(withList(text).problems).toMatchObject([
      {
        code: 'requirements-invalid',
        at: { file: 'bundles/weather@2-1/requirements.txt', line },
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/./),
      },
    ]);
  });

  test('a list that is not there gives an empty environment', () => {
    expect(check({ 'service.py': VENV }).problems).toMatchObject([
      { at: { file: 'bundles/weather@2-1/service.py', line: 3 }, message: expect.stringContaining('makes an empty environment') },
    ]);
    expect(check({ 'service.py': '@venv(requirements="../a.txt")\ndef f(): pass\n' }).problems).toMatchObject([
      { message: expect.stringContaining('not a file of the bundle') },
    ]);
  });

  test('includes are read from where they stand, once each', () => {
    const source = '@venv(requirements="deps/a.txt")\ndef f(): pass\n';
    const found = check({ 'service.py': source, 'deps/a.txt': '-r b.txt\n', 'deps/b.txt': '-r a.txt\nwrong one\n' });
    expect(found.problems).toMatchObject([{ at: { file: 'bundles/weather@2-1/deps/b.txt', line: 2 } }]);
  });
});

test.each<[string, string, RegExp]>([
  ['pinned', 'httpx==0.27.2\n', /has 1 package that the platform installs when .* first called; all pinned, without hashes$/],
  ['with hashes', `httpx==0.27.2 ${HASH}\n`, /; all with hashes$/],
  ['not pinned', 'httpx\nidna>=3\nsix==1\n', /3 packages .*; not pinned: httpx, idna>=3, so another day gives other versions/],
  ['twelve not pinned', Array.from({ length: 12 }, (_, i) => `p${i}`).join('\n'), /p7 and 4 more,/],
  ['another index', '-i https://me:s3cr3t@pypi.example/simple\nsix==1\n', /; -i names another index/],
  ['nothing', '# later\n', /has 0 packages/],
])('the note on a list: %s', (_, text, expected) => {
  const { notes, problems } = withList(text);
  expect([problems, notes]).toEqual([[], [expect.stringMatching(expected)]]);
  expect(notes.join()).not.toContain('s3cr3t');
});

test('a package from git needs git in the image of proc', () => {
  const files = { 'service.py': VENV, 'requirements.txt': 'lib @ git+https://git.example.com/a/lib.git@main\n' };
  expect(check(files, true).notes.join()).not.toContain('has no git');
  expect(check(files, false).notes.join()).toMatch(/the image of proc has no git: lib @ git\+https.* cannot be cloned/);
});

test('a platform that has no @venv', () => {
  expect(check({ 'service.py': VENV, 'requirements.txt': '' }, true, false).notes[0]).toMatch(/service\.py:3 uses @venv, which/);
  expect(check({ 'service.py': '' }, true, false).notes).toEqual([]);
});
