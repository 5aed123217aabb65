import type { Files } from '@kdcube/release/internal';
import { jsonIn, lockfileOf, managerOf, packageManager, requireNodeModules } from './package-manager';

const files = (table: Record<string, string>): Files => ({ read: (file) => table[file], list: () => Object.keys(table) });

it.each([
  ['npm/11.0.0 node/v20.20.2 linux x64', 'npm', false],
  ['pnpm/10.0.0 npm/? node/v20', 'pnpm', false],
  ['yarn/1.22.22 npm/? node/v20', 'yarn', false],
  ['yarn/4.18.1 npm/? node/v20', 'yarn', true],
  ['bun/1.2.0', 'bun', false],
  ['other/1', 'npm', false],
  ['', 'npm', false],
])('%s is %s', (agent, name, isBerry) => expect(packageManager(agent)).toEqual({ name, isBerry }));

it.each<[string, Record<string, string>, object | undefined, string, boolean, string]>([
  ['an npm lockfile', { 'package-lock.json': '{}' }, undefined, 'npm', false, 'package-lock.json'],
  ['a pnpm lockfile', { 'pnpm-lock.yaml': '' }, undefined, 'pnpm', false, 'pnpm-lock.yaml'],
  ['a lockfile of yarn 1', { 'yarn.lock': '# yarn lockfile v1\n' }, undefined, 'yarn', false, 'yarn.lock'],
  ['a lockfile of yarn 4', { 'yarn.lock': '__metadata:\n  version: 8\n' }, undefined, 'yarn', true, 'yarn.lock'],
  ['a configuration of yarn 4', { 'yarn.lock': '', '.yarnrc.yml': '' }, undefined, 'yarn', true, 'yarn.lock'],
  ['the old lockfile of bun', { 'bun.lockb': '' }, undefined, 'bun', false, 'bun.lockb'],
  [
    'package.json before a lockfile',
    { 'package-lock.json': '{}' },
    { packageManager: 'yarn@4.1.0+sha512.abc' },
    'yarn',
    true,
    'yarn.lock',
  ],
  ['package.json', {}, { packageManager: 'bun@1.2.0' }, 'bun', false, 'bun.lock'],
])('finds the package manager by %s', (_, table, packageJson, name, isBerry, lockfile) => {
  const manager = managerOf(files(table), packageJson as Record<string, unknown> | undefined);
  expect(manager).toEqual({ name, isBerry });
  expect(lockfileOf(files(table), manager)).toBe(lockfile);
});

it.each([
  [undefined, false],
  ['enableTelemetry: false\n', false],
  ['nodeLinker: pnp\n', false],
  ['nodeLinker: node-modules\n', true],
  ["a: 1\nnodeLinker: 'node-modules'\r\n", true],
  ['nodeLinker: pnpm\n', true],
  ['# nodeLinker: node-modules\n', false],
])('yarn 4 with %j', (text, accepted) => {
  const check = () =>
    requireNodeModules(files(text === undefined ? {} : { '.yarnrc.yml': text }), { name: 'yarn', isBerry: true });
  if (accepted) expect(check).not.toThrow();
  else expect(check).toThrow(/hint {2}echo 'nodeLinker: node-modules' >> \.yarnrc\.yml/);
});

it('reads JSON with a byte order mark, and explains what is none', () => {
  expect(jsonIn(files({ 'a.json': '\ufeff{"a": 1}' }), 'a.json')).toEqual({ a: 1 });
  expect(jsonIn(files({}), 'a.json')).toBeUndefined();
  for (const text of ['{', '[1]', '1']) expect(() => jsonIn(files({ 'a.json': text }), 'a.json')).toThrow('[file-error]');
});
