import { gitSync, newRepo, sandbox, type Sandbox } from '../../testing/git-kit';
import { isPartialClone, defaultRemote, configValue, readGitConfig } from './config';

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

it('reads every setting with one command: several values, empty ones, names with dots', async () => {
  const dir = newRepo(box.folder('w'), { a: '1' });
  for (const [key, value] of [
    ['remote.my.fork.url', 'one'],
    ['remote.my.fork.url', 'two\nlines'],
    ['core.sshCommand', ''],
  ])
    gitSync(dir, 'config', '--add', key!, value!);
  const settings = await readGitConfig({ cwd: dir });
  expect(settings.get('remote.my.fork.url')).toEqual(['one', 'two\nlines']);
  expect([
    configValue(settings, 'core.sshcommand'),
    configValue(settings, 'no.such'),
    configValue(settings, 'user.name'),
  ]).toEqual(['', undefined, 'A']);
  expect([defaultRemote(settings), isPartialClone(settings)]).toEqual(['my.fork', false]);
});

it('finds origin among several remotes and no default among others, and recognizes a partial clone', async () => {
  const remote = (...names: string[]) => defaultRemote(new Map(names.map((name) => [name, ['x']])));
  expect([
    remote('remote.a.url', 'remote.origin.url'),
    remote('remote.a.url', 'remote.b.url'),
    remote('remote.pushdefault'),
  ]).toEqual(['origin', undefined, undefined]);
  expect(isPartialClone(new Map([['remote.origin.promisor', ['true']]]))).toBe(true);
});

it('works outside a repository', async () => {
  expect(configValue(await readGitConfig({ cwd: box.folder('none') }), 'user.email')).toBe('a@example.org');
});
