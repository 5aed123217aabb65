import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { checkBundleSource } from '@kdcube/release/internal';
import { contents, workspaceWithRelease } from '../../../testing/generators/workspace';
import bundleGenerator from './generator';

const python = spawnSync('python3', ['--version'], { encoding: 'utf8' });
const available = python.status === 0;
// A missing tool is a skip with its reason; where everything must run it is a failure.
const withPython = available || process.env.KD_REQUIRE_ENGINE === '1' ? it : it.skip;
const because = available ? python.stdout.trim() : 'skipped: there is no python3 here';

describe(`the generated bundle, in Python (${because})`, () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'kdcube-bundle-'));
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  withPython.each(['my-bundle', 'my-bundle@1-0-0', '2nd@2026-01-31'])(
    '%s passes its own test with plain python3, and leaves nothing behind',
    async (name) => {
      const folder = await write(name);
      const files = listing(folder);
      const run = test(folder);
      expect(run.stderr).toContain('Ran 4 tests');
      expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('OK')]);
      expect(listing(folder)).toEqual(files);
    },
  );

  withPython('its test fails when the bundle does not answer, and when its import is not relative', async () => {
    const folder = await write('my-bundle');
    const answer = path.join(folder, 'services/answer.py');
    const entrypoint = path.join(folder, 'entrypoint.py');
    const before = { answer: fs.readFileSync(answer, 'utf8'), entrypoint: fs.readFileSync(entrypoint, 'utf8') };
    fs.writeFileSync(answer, before.answer.replace('{text}', ''));
    expect(test(folder).stderr).toContain('FAILED (failures=2)');
    fs.writeFileSync(answer, before.answer);
    fs.writeFileSync(entrypoint, before.entrypoint.replace(/^from \.services/m, 'from services'));
    expect(test(folder).stderr).toContain("No module named 'services'");
    fs.writeFileSync(entrypoint, before.entrypoint.replace('@bundle_entrypoint', '# @bundle_entrypoint'));
    expect(test(folder).stderr).toContain('exactly one decorated class, not 0');
  });

  it('is a bundle in which validate finds nothing', async () => {
    const tree = await workspaceWithRelease();
    await bundleGenerator(tree, { name: 'my-bundle@1-0-0' });
    const folder = 'bundles/my-bundle@1-0-0';
    const files = Object.entries(contents(tree, folder)).map(([file, text]) => [file.slice(folder.length + 1), text] as const);
    expect(files).not.toHaveLength(0);
    expect(checkBundleSource(new Map(files), { id: 'my-bundle@1-0-0', folder })).toEqual([]);
  });

  async function write(name: string): Promise<string> {
    const tree = await workspaceWithRelease();
    await bundleGenerator(tree, { name });
    for (const [file, text] of Object.entries(contents(tree, 'bundles'))) {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), text);
    }
    return path.join(root, 'bundles', name);
  }

  function test(folder: string) {
    return spawnSync('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '' },
    });
  }

  function listing(folder: string): string[] {
    return (fs.readdirSync(folder, { recursive: true }) as string[]).sort();
  }
});
