import { git, gitText, redactUrls } from './git';
import { sandbox, type Sandbox } from '../../testing/git-kit';

let box: Sandbox;
beforeEach(() => (box = sandbox()));
afterEach(() => box.end());

describe('git', () => {
  it('preserves the settings that CI passes in the environment, and adds its own', async () => {
    Object.assign(process.env, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraheader', GIT_CONFIG_VALUE_0: 'A: b' });
    const place = { cwd: box.dir, config: { 'my.own': 'c' } };
    expect(
      await Promise.all(['http.extraheader', 'my.own', 'gc.auto'].map((key) => gitText(place, ['config', '--get', key]))),
    ).toEqual(['A: b', 'c', '0']);
  });

  it('uses English messages, never prompts and always uses the given repository, whatever the environment of this process', async () => {
    Object.assign(process.env, {
      LC_ALL: 'de_DE.UTF-8',
      GIT_TERMINAL_PROMPT: '1',
      GIT_ASKPASS: '/bin/echo',
      GIT_ALLOW_PROTOCOL: 'ext',
      GIT_DIR: '/x',
      GIT_WORK_TREE: '/y',
    });
    const text = await gitText({ cwd: box.dir, config: { 'alias.env': '!env' } }, ['env']);
    const env = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    expect(
      Object.fromEntries(
        ['LC_ALL', 'GIT_TERMINAL_PROMPT', 'GIT_ASKPASS', 'GIT_ALLOW_PROTOCOL', 'GIT_DIR', 'GIT_WORK_TREE'].map((name) => [
          name,
          env.get(name),
        ]),
      ),
    ).toEqual({
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      GIT_ALLOW_PROTOCOL: 'file:ssh:https',
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
    });
  });

  it('removes secrets from URLs in the output', async () => {
    const { stderr } = await git({ cwd: box.dir }, ['clone', 'https://user:s3cret@name.invalid/x.git', 'x']);
    expect(stderr).toContain('name.invalid');
    expect(stderr).not.toContain('s3cret');
    expect(redactUrls("fatal: 'https://token@h/x' and ssh://git:pw@h/y and git@h:z")).toBe(
      "fatal: 'https://h/x' and ssh://git@h/y and git@h:z",
    );
  });
});
