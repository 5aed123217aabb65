import { spawnSync } from 'node:child_process';
import { newRepo, sandbox, type Sandbox, write } from '../../../testing/git-kit';
import { IGNORED } from '@kdcube/release/internal';

let box: Sandbox;
let root: string;
beforeAll(() => {
  box = sandbox();
  root = newRepo(box.folder('ws'));
  write(root, { '.gitignore': `${IGNORED.join('\n')}\n` });
});
afterAll(() => box.end());

const isIgnored = (file: string) => spawnSync('git', ['check-ignore', '--quiet', file], { cwd: root }).status === 0;

it.each([
  'bundles/x/ui/dist/app.js',
  'bundles/x/dist/index.html',
  'images/proc/dist/x',
  'bundles/x/.nx/x',
  '.nx/nxw.js',
  '.env.example',
  'bundles/x/.env.example',
  'bundles/x/environment.py',
  'environments/prod.yaml',
])('git sees %s', (file) => expect(isIgnored(file)).toBe(false));

it.each([
  'dist/push/x/receipt.json',
  '.nx/cache/x',
  '.nx/workspace-data/x',
  'node_modules/x/y.js',
  'bundles/x/ui/node_modules/y/z.js',
  'bundles/x/__pycache__/a.cpython-312.pyc',
  '.env',
  'bundles/x/.env',
  'bundles/x/.env.production',
])('git ignores %s', (file) => expect(isIgnored(file)).toBe(true));
