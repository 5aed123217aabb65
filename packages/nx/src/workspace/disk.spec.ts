// A folder, a FIFO or a huge file in place of a text file: a Problem with a place and a hint, never a stack trace or an endless wait.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { environmentFile, KdcubeError, readWorkspace } from '@kdcube/release/internal';
import { buildReceipt, pushReceipt } from '../images/receipts';
import { DeployPlan } from '@kdcube/release/internal';
import { readSavedPlan } from '../targets/plan-file';
import { type Sandbox, sandbox, write } from '../../testing/git-kit';
import { diskFiles, readWorkspaceFile } from './disk';
import { openEnvironment } from './environment';
import { openRelease } from './workspace';

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
  write(box.dir, {
    'release.yaml':
      'platform: {ref: "2026.4.19.1"}\nbundles:\n  items:\n    - {id: "b", repo: "https://example.com/r", ref: "v1", subdir: "x", module: "entrypoint"}\n',
    'images/proc/Dockerfile_Proc': 'FROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:2026.4.19.1\n',
  });
});
afterEach(() => box.end());

const BROKEN: Record<string, [(file: string) => void, string, RegExp]> = {
  'a folder': [(file) => fs.mkdirSync(file), 'file-error', /cannot be read: it is a folder\.$/],
  'a FIFO': [(file) => spawnSync('mkfifo', [file]), 'file-error', /cannot be read: it is a FIFO\.$/],
  'a link to itself': [(file) => fs.symlinkSync(path.basename(file), file), 'file-error', /symbolic link to itself\.$/],
  huge: [
    (file) => {
      fs.writeFileSync(file, '');
      fs.truncateSync(file, 2 ** 40);
    },
    'file-too-large',
    /has 1099511627776 bytes/,
  ],
};

function breakFile(file: string, how: string): [string, RegExp] {
  const [make, code, message] = BROKEN[how]!;
  const place = path.join(box.dir, file);
  fs.rmSync(place, { force: true, recursive: true });
  fs.mkdirSync(path.dirname(place), { recursive: true });
  make(place);
  return [code, message];
}

async function problemsOf(work: () => unknown): Promise<KdcubeError['problems']> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems;
    throw error;
  }
  return [];
}

const READERS: Record<string, [string, () => unknown, string]> = {
  'release.yaml': ['release.yaml', () => openRelease(box.dir), 'ls -l release.yaml'],
  'the pin of a bundle': [
    'pins/bundles/b/pin.json',
    () => openRelease(box.dir),
    'rm -r pins/bundles/b/pin.json    and nx sync writes it again',
  ],
  'the pin of an image': [
    'pins/images/proc/pin.json',
    () => openRelease(box.dir),
    'rm -r pins/images/proc/pin.json    and nx sync writes it again',
  ],
  'a Dockerfile': ['images/proc/Dockerfile_Proc', () => openRelease(box.dir), 'ls -l images/proc/Dockerfile_Proc'],
  'an environment': [
    environmentFile('prod'),
    () => openEnvironment({ root: box.dir, workspace: readWorkspace(diskFiles(box.dir)) }, 'prod'),
    'ls -l environments/prod.yaml',
  ],
  'the receipt of a push': [
    'dist/push/proc/receipt.json',
    () => pushReceipt(box.dir, 'proc'),
    'rm -r dist/push/proc/receipt.json    and the next run writes it again',
  ],
  'the receipt of a build': [
    'dist/build/proc/receipt.json',
    () => buildReceipt(box.dir, 'proc'),
    'rm -r dist/build/proc/receipt.json    and the next run writes it again',
  ],
  'a saved plan': ['plan.json', () => readSavedPlan(DeployPlan, box.dir, 'plan.json'), 'ls -l plan.json'],
};

describe.each(Object.keys(BROKEN))('%s', (how) => {
  it.each(Object.entries(READERS))('for %s', async (_, [file, read, hint]) => {
    const [code, message] = breakFile(file, how);
    const problem = (await problemsOf(read)).find(({ at }) => at?.file === file);
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message), hint, at: { file } });
  });
});

it('a missing file is no problem', () => {
  expect(readWorkspaceFile(box.dir, 'no')).toBeUndefined();
  expect(diskFiles(box.dir).read('no')).toBeUndefined();
  expect(diskFiles(box.dir).problem!('no')).toBeUndefined();
  expect(diskFiles(box.dir).list('no')).toEqual([]);
});

it('an environment that extends an unreadable one names that file', async () => {
  write(box.dir, { 'environments/prod.yaml': 'extends: base\n' });
  breakFile('environments/base.yaml', 'a folder');
  const read = () => openEnvironment({ root: box.dir, workspace: readWorkspace(diskFiles(box.dir)) }, 'prod');
  expect((await problemsOf(read)).map(({ at }) => at?.file)).toContain('environments/base.yaml');
});
