import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { silentLog } from '../../system/log';
import { pythonVersion, resolvePackages } from './resolve-packages';

const pip = spawnSync('python3', ['-m', 'pip', '--version']);
const describeWithPip = pip.status === 0 ? describe : describe.skip;

/** Writes a wheel that has nothing in it but what pip reads. */
const WHEEL = `
import sys, zipfile
folder, name, version, tag, requires = sys.argv[1:6]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{folder}/{name}-{version}-{tag}.whl", "w") as wheel:
    needs = f"Requires-Dist: {requires}\\n" if requires else ""
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}")
    wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;

describeWithPip(`pip resolves what @venv installs${pip.status === 0 ? '' : ' (skipped: python3 has no pip)'}`, () => {
  const before = { ...process.env };
  let index: string;
  beforeAll(() => {
    index = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-wheels-'));
    for (const [name, version, tag, requires] of [
      ['leaf', '1.0', 'py3-none-any', ''],
      ['tree', '2.0', 'py3-none-any', 'leaf>=1'],
      ['broken', '1.0', 'py3-none-any', 'absent'],
      ['native', '1.0', 'cp312-cp312-manylinux_2_28_x86_64', ''],
    ])
      expect(spawnSync('python3', ['-c', WHEEL, index, name!, version!, tag!, requires!]).status).toBe(0);
    fs.writeFileSync(path.join(index, 'source-1.0.tar.gz'), 'not read');
    Object.assign(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: index });
  });
  afterAll(() => {
    process.env = before;
    fs.rmSync(index, { recursive: true });
  });

  async function resolve(files: Record<string, string>, python = '3.12') {
    const notes: string[] = [];
    const texts = new Map(Object.entries(files));
    const list = { id: 'weather@2-1', folder: 'bundles/weather@2-1', installed: ['requirements.txt'], texts };
    const problems = await resolvePackages([list], python, { ...silentLog, note: (text) => void notes.push(text) });
    return { problems, notes };
  }

  it('finds a package with what it needs, and files that are included', async () => {
    const found = await resolve({ 'requirements.txt': '-r deps/more.txt\n', 'deps/more.txt': 'tree==2.0\n' });
    expect(found).toEqual({ problems: [], notes: ['weather@2-1: pip finds every package of requirements.txt for Python 3.12.'] });
  });

  it.each<[string, string, string, RegExp]>([
    ['a version that is not there', 'leaf==9\n', '3.12', /No matching distribution found for leaf==9/],
    ['a need that is not there', 'broken==1.0\n', '3.12', /absent/],
    ['no wheel for that Python', 'native==1.0\n', '3.11', /native/],
    ['a source archive only: its code would run', 'source==1.0\n', '3.12', /source==1\.0/],
  ])('%s', async (_, text, python, reason) => {
    const { problems } = await resolve({ 'requirements.txt': text }, python);
    expect(problems).toMatchObject([
      {
        code: 'requirements-unresolved',
        at: { file: 'bundles/weather@2-1/requirements.txt' },
        message: expect.stringMatching(reason),
      },
    ]);
  });

  it('finds a wheel for another Python and Linux than this machine has', async () => {
    expect((await resolve({ 'requirements.txt': 'native==1.0\n' }, '3.12')).problems).toEqual([]);
  });

  it('does not resolve what pip would have to run', async () => {
    const { problems, notes } = await resolve({ 'requirements.txt': 'lib @ git+https://me:s3cr3t@git.example.com/a.git\n' });
    expect([problems, notes]).toEqual([[], [expect.stringContaining('pip would run its code')]]);
    expect(notes.join()).not.toContain('s3cr3t');
  });
});

test.each<[string | number, string]>([
  ['3.10', '3.10'],
  [3.1, '3.10'],
  [3.9, '3.9'],
  [3.12, '3.12'],
])('the Python %p of an option is %s', (option, expected) => expect(pythonVersion(option)).toBe(expected));
