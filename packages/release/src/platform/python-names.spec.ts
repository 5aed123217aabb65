import { spawnSync } from 'node:child_process';
import { importedInstead } from './python-names';

test.each([
  'json',
  'email',
  'test',
  'asyncore',
  'distutils',
  '_colorize',
  'kdcube_ai_app',
  'kdcube_cli',
  'admin_bundle',
  'redis',
  'yaml',
  'pip',
])('a bundle in the folder %s would never be imported', (folder) => {
  expect(importedInstead(folder)?.name).toBe(folder);
});

test.each([
  ['JSON', 'json'],
  ['Kdcube_AI_app', 'kdcube_ai_app'],
  ['pil', 'PIL'],
  ['CProfile', 'cProfile'],
])('%s is %s where case does not count', (folder, name) => expect(importedInstead(folder)?.name).toBe(name));

test.each(['json-bundle', 'json@1-0', 'my_json', 'bundle', 'tests', 'release', 'constructor', 'toString', 'my-bundle'])(
  '%s is free',
  (folder) => expect(importedInstead(folder)).toBeUndefined(),
);

const PRINT = `import sys; assert (3, 11) <= sys.version_info < (3, 14); print(' '.join(sys.stdlib_module_names))`;
const python = ['python3.11', 'python3.12', 'python3.13', 'python3']
  .map((program) => spawnSync(program, ['-c', PRINT], { encoding: 'utf8' }))
  .filter(({ status }) => status === 0);
const whenPython = python.length > 0 || process.env.KD_REQUIRE_ENGINE === '1' ? it : it.skip;

whenPython(
  `every name of the standard library of this machine’s Python is taken${python.length > 0 ? '' : ' (skipped: no Python 3.11 to 3.13)'}`,
  () => {
    expect(python.length).toBeGreaterThan(0);
    for (const { stdout } of python)
      expect(
        stdout
          .trim()
          .split(' ')
          .filter((name) => importedInstead(name)?.name !== name),
      ).toEqual([]);
  },
);
