import { bundleFolder, bundleModule, idProblem } from './bundle-id';
import { isTag } from '../release/tags';

const SAFE = ['my-bundle@1-0-0', 'my-bundle@2.0.0', 'a', '7', 'A_b+c', 'console', 'com10', 'releases', 'x'.repeat(100)];
const UNSAFE = [
  '',
  '../../etc',
  '-rf',
  '.a',
  '_a',
  '@a',
  'a b',
  'a\nb',
  'a\0',
  'a/b',
  'a\\b',
  'a:b',
  'a..b',
  'a.',
  'ä',
  'a*',
  '~',
  'x'.repeat(101),
  'x'.repeat(300),
];
UNSAFE.push(
  'con',
  'NUL',
  'com1',
  'lpt9.x',
  'aux.py',
  'release',
  'Release',
  '__proto__',
  'a%2fb',
  'a$b',
  'a`b',
  'a;b',
  'a\u202eb',
);

test.each(Object.getOwnPropertyNames(Object.prototype).filter((name) => !name.startsWith('_')))('%s is reserved', (id) =>
  expect(idProblem(id)).toMatchObject({ code: 'reserved-id', hint: expect.any(String) }),
);
test.each(SAFE)('%s is an id', (id) => expect(idProblem(id)).toBeUndefined());
test.each(UNSAFE)('%j is none', (id) =>
  expect(idProblem(id)).toMatchObject({ code: 'unsafe-id', message: expect.stringMatching(/\.$/) }),
);

test.each([
  ['my-bundle@1-0-0', 'my-bundle@1-0-0'],
  ['my-bundle@2.0.0', 'my_bundle_2_0_0'],
  ['echo.ui@2026-03-30', 'echo_ui_2026_03_30'],
])('%s lives in %s', (id, folder) => {
  expect([bundleFolder(id), bundleModule(id)]).toEqual([folder, `${folder}.entrypoint`]);
});

test('no folder of a safe id has a dot, and each is safe as a name', () => {
  for (const id of SAFE) {
    expect(bundleFolder(id)).not.toContain('.');
    expect(isTag(bundleFolder(id).replace(/[@+]/g, '_'))).toBe(true);
  }
});
