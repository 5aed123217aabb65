import type { ReadablePlan } from '@kdcube/release/internal';
import { commit, gitSync, newRepo, type Sandbox, sandbox } from '../../testing/git-kit';
import { type Log, silentLog } from '../system/log';
import { noteOlder, requireNewer } from './older-release';

let box: Sandbox;
let repo: string;
let first: string;
let second: string;
let notes: string[];
let log: Log;
beforeAll(() => {
  box = sandbox();
  repo = newRepo(box.folder('repo'), { a: '1' });
  first = gitSync(repo, 'rev-parse', 'HEAD');
  second = commit(repo, { a: '2' });
});
afterAll(() => box.end());
beforeEach(() => {
  notes = [];
  log = { ...silentLog, note: (text) => void notes.push(text) };
});

/** Of a plan, only what is read here. */
const planOf = (id: string) =>
  ({ environment: 'prod', commit: id, services: [{ change: 'update' }], descriptor: {}, gateway: {} }) as unknown as ReadablePlan;
const running = (id: string) => ({ release: 'prod-2', commit: id });

it('refuses an ancestor of what runs, and nothing else', async () => {
  await expect(requireNewer(repo, planOf(first), running(second), log)).rejects.toThrow(/\[release-older\]/);
  await requireNewer(repo, planOf(second), running(first), log);
  await requireNewer(repo, planOf(second), undefined, log);
  expect(notes).toEqual([]);
});

it('a shallow clone is refused, because it cannot tell; its plan says so', async () => {
  const clone = box.folder('clone');
  gitSync(box.dir, 'clone', '--quiet', '--depth=1', `file://${repo}`, clone);
  await expect(requireNewer(clone, planOf(second), running(first), log)).rejects.toThrow(/\[history-missing\][^]*fetch-depth: 0/);
  await noteOlder(clone, planOf(second), running(first), log);
  expect(notes).toEqual([expect.stringContaining('prod runs prod-2')]);
});

it('a commit that no clone has, as after a forced push, is a note', async () => {
  await requireNewer(repo, planOf(second), running('f'.repeat(40)), log);
  expect(notes).toEqual([expect.stringContaining('is not known')]);
});
