import { withSnapshot } from '../git/snapshot/snapshot';
import { silentLog } from '../system/log';
import { type Acme, acme } from '../../testing/acme-kit';
import { checkBundlePackages } from './bundle-packages';
import { findBundle } from './bundles';
import { checkBundles } from './check-bundles';
import { requireBundle } from './workspace';

jest.setTimeout(120_000);

let ours: Acme;
beforeEach(async () => {
  ours = await acme();
});
afterEach(() => ours.end());

const HERE = 'bundles/here@1-0';
const VENV = '@venv(requirements="deps/pdf.txt")\ndef work():\n    pass\n';

async function checkHere() {
  const release = await ours.open();
  return withSnapshot(ours.root, async (snapshot) => {
    const bundle = requireBundle(release.release, 'here@1-0');
    const found = await findBundle(release, bundle, snapshot, { offline: false, log: silentLog });
    return checkBundlePackages(await found.open(), found, '2026.8.18');
  });
}

async function validate() {
  const release = await ours.open();
  const notes: string[] = [];
  const log = { ...silentLog, note: (text: string) => void notes.push(text) };
  const { problems } = await withSnapshot(ours.root, (snapshot) => checkBundles(release, snapshot, { online: false, log }));
  return { problems, notes };
}

it('lists that nothing installs are no problem, and validate names them', async () => {
  ours.commit({ [`${HERE}/requirements.txt`]: 'httpx\n', [`${HERE}/pyproject.toml`]: '[project]\ndependencies = ["x"]\n' });
  const expected = expect.stringContaining('here@1-0: pyproject.toml, requirements.txt are not installed');
  expect(await checkHere()).toMatchObject({ problems: [], installed: [], notes: [expected] });
  expect(await validate()).toEqual({ problems: [], notes: [expected] });
});

it('the pyproject.toml of a tool is no list of packages', async () => {
  ours.commit({ [`${HERE}/pyproject.toml`]: '[tool.ruff]\nline-length = 120\n', [`${HERE}/requirements-dev.txt`]: 'pytest\n' });
  expect((await checkHere()).notes).toEqual([]);
});

it('what @venv installs is checked, with the files that it includes', async () => {
  ours.commit({
    [`${HERE}/service.py`]: VENV,
    [`${HERE}/deps/pdf.txt`]: '-r more/base.txt\nreportlab\n',
    [`${HERE}/deps/more/base.txt`]: 'six==1.16.0\n-e ./lib\n',
  });
  const { problems, notes } = await validate();
  expect(problems).toMatchObject([
    {
      code: 'requirements-invalid',
      at: { file: `${HERE}/deps/more/base.txt`, line: 2 },
      message: expect.stringContaining('./lib'),
    },
  ]);
  expect(notes).toEqual([expect.stringMatching(/deps\/pdf\.txt has 3 packages .* not pinned: reportlab,/)]);
});

it('a list at the root that @venv installs is not called uninstalled, and staging reads that too', async () => {
  ours.commit({
    [`${HERE}/service.py`]: VENV.replace('deps/pdf.txt', 'requirements.txt'),
    [`${HERE}/requirements.txt`]: 'six==1.16.0\n',
  });
  const { installed, notes } = await checkHere();
  expect([installed, notes]).toEqual([['requirements.txt'], [expect.stringContaining('all pinned, without hashes')]]);
});

it('a missing list is a problem', async () => {
  ours.commit({ [`${HERE}/service.py`]: VENV });
  expect((await validate()).problems).toMatchObject([
    { code: 'requirements-invalid', at: { file: `${HERE}/service.py`, line: 1 } },
  ]);
});
