import { readPlatformRefs, requirePublished } from './platform-refs';
import type { Runner } from './run';

const answering = (exitCode: number, output: string) =>
  ({ run: () => Promise.resolve({ exitCode, output }) }) as unknown as Runner;
const line = (ref: string) => `${'a'.repeat(40)}  refs/tags/${ref}`;

it('sorts the versions by date, with and without zeros in front', async () => {
  const tags = ['2026.7.20.444', '2026.08.19.120', 'other', 'v0.3.2', '2026.7.3.2030'];
  expect(await readPlatformRefs(answering(0, tags.map(line).join('\n')))).toEqual({
    tags,
    newest: ['2026.08.19.120', '2026.7.20.444', '2026.7.3.2030'],
  });
});

it('goes on without network, without git, and where there are no versions', async () => {
  expect(await readPlatformRefs(answering(128, 'a\nfatal: unable to access'))).toEqual({ unknown: 'fatal: unable to access' });
  expect(await readPlatformRefs(answering(1, ''))).toEqual({ unknown: 'no response' });
  expect(await readPlatformRefs(answering(0, line('latest')))).toEqual({ unknown: 'it has no versions' });
  const noGit = { run: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOENT' })) } as unknown as Runner;
  expect(await readPlatformRefs(noGit)).toEqual({ unknown: 'git is not installed' });
});

it('refuses a version that was never published, with the newest ones', () => {
  const newest = ['2026.08.19.120', '2026.7.20.444', '2026.7.3.2030', '2026.7.1'];
  const refs = { newest, tags: [...newest, 'v0.3.2'] };
  expect(() => requirePublished('2026.7.20.445', refs)).toThrow(
    /\[platform-ref\][^]*The newest are 2026\.08\.19\.120, 2026\.7\.20\.444, 2026\.7\.3\.2030\.[^]*--platform-ref 2026\.08\.19\.120/,
  );
  expect(() => requirePublished('2026.8.19.120', refs)).toThrow(
    /it is spelled 2026\.08\.19\.120\.[^]*--platform-ref 2026\.08\.19\.120/,
  );
  for (const ref of ['2026.7.20.444', 'v0.3.2', 'c'.repeat(40)]) expect(() => requirePublished(ref, refs)).not.toThrow();
  expect(() => requirePublished('2026.7.20.445', { unknown: 'offline' })).not.toThrow();
});
