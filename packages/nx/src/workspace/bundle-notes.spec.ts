import { withSnapshot } from '../git/snapshot/snapshot';
import type { Log } from '../system/log';
import { silentLog } from '../system/log';
import { type Acme, acme } from '../../testing/acme-kit';
import { write } from '../../testing/git-kit';
import { logIgnoredFiles } from './bundle-notes';
import { findBundle } from './bundles';
import { requireBundle } from './workspace';

jest.setTimeout(120_000);

let ours: Acme;
beforeEach(async () => {
  ours = await acme();
});
afterEach(() => ours.end());

const HERE = 'bundles/here@1-0';

function recordNotes(): { log: Log; notes: string[] } {
  const notes: string[] = [];
  return { log: { ...silentLog, note: (text) => void notes.push(text) }, notes };
}

async function found(id = 'here@1-0') {
  const release = await ours.open();
  return withSnapshot(ours.root, async (snapshot) => {
    const bundle = await findBundle(release, requireBundle(release.release, id), snapshot, { offline: false, log: silentLog });
    return { bundle };
  });
}

async function ignored(files: Record<string, string>, gitignore: string): Promise<string[]> {
  ours.commit({ '.gitignore': gitignore });
  write(ours.root, files);
  const { log, notes } = recordNotes();
  const { bundle } = await found();
  await logIgnoredFiles(ours.root, bundle, log);
  await logIgnoredFiles(ours.root, bundle, log);
  return notes;
}

describe('the files of a bundle that git ignores', () => {
  it('are logged once', async () => {
    const notes = await ignored({ [`${HERE}/ui/dist/app.js`]: 'x', [`${HERE}/data.log`]: 'x' }, 'dist\n*.log\n');
    expect(notes).toEqual([`here@1-0: git ignores data.log, ui/dist/app.js in ${HERE}, so no image has them`]);
  });

  it('are logged as a folder if it has many files', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${HERE}/ui/dist/${index}.js`, 'x']));
    expect(await ignored(many, 'dist\n')).toEqual([`here@1-0: git ignores ui/dist/ in ${HERE}, so no image has it`]);
  });

  it('are truncated after twenty names', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${HERE}/${10 + index}.log`, 'x']));
    const [note] = await ignored(many, '*.log\n');
    expect(note).toContain('29.log, and 10 more in');
  });

  it('may be ignored by a .gitignore in the bundle, or by the folder itself', async () => {
    expect(await ignored({ [`${HERE}/.gitignore`]: 'a.bin\n', [`${HERE}/a.bin`]: 'x' }, 'dist\n')).toHaveLength(1);
  });

  it('do not include Python’s caches, tracked files, other folders and pinned bundles', async () => {
    ours.commit({ [`${HERE}/kept.log`]: 'tracked' });
    const files = {
      [`${HERE}/__pycache__/a.pyc`]: 'x',
      [`${HERE}/.pytest_cache/x`]: 'x',
      'bundles/other/x.log': 'x',
      'dist/x': 'x',
    };
    expect(await ignored(files, 'dist\n__pycache__\n.pytest_cache\n*.log\n')).toEqual([]);
    const { log, notes } = recordNotes();
    await logIgnoredFiles(ours.root, (await found('there@2-0')).bundle, log);
    expect(notes).toEqual([]);
  });
});
