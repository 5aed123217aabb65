import { growth } from '../../../../tools/testing/operations';
import { formatProblems } from '../problem/problem';
import { environment, HEAD, keys, release } from '../../testing/large-documents';
import { readDocument } from './document';

test.each<[string, (size: number) => unknown]>([
  ['unknown keys', (size) => release(HEAD + keys(size, (index) => `k${index}: 1\n`))],
  ['bundles as a list', (size) => release(`${HEAD}bundles:\n  items:\n${keys(size, (index) => `    - id: "b${index}"\n`)}`)],
  ['bundles as a mapping', (size) => release(`${HEAD}bundles:\n${keys(size, (index) => `  b${index}: {name: "x"}\n`)}`)],
  ['one bundle again and again', (size) => release(`${HEAD}bundles:\n  items:\n${keys(size, () => `    - id: "b"\n`)}`)],
  [
    'settings of a bundle',
    (size) =>
      release(`${HEAD}bundles:\n  items:\n    - id: b\n      config:\n${keys(size, (index) => `        k${index}: v\n`)}`),
  ],
  [
    'settings that look like secrets',
    (size) =>
      release(
        `${HEAD}bundles:\n  items:\n    - id: b\n      config:\n${keys(size, (index) => `        k${index}: q8Zk3vR1pW7tYx5uBn2mL9cD\n`)}`,
      ),
  ],
  [
    'settings that are marked as secrets, and cleared',
    (size) =>
      release(
        `${HEAD}bundles:\n  items:\n    - id: b\n      config:\n${keys(size, (index) => `        k${index}: "AKIAIOSFODNN7EXAMPLE"\n        r${index}: q8Zk3vR1pW7tYx5uBn2mL9cD\n`)}not_secret:\n${keys(size, (index) => `  - k${index}\n`)}`,
      ),
  ],
  ['cleared names', (size) => release(`${HEAD}not_secret:\n${keys(size, (index) => `  - n${index}\n`)}`)],
  ['repositories', (size) => release(`${HEAD}repos:\n${keys(size, (index) => `  r${index}: "https://example.com/r.git"\n`)}`)],
  ['ambiguous items of a list', (size) => release(`${HEAD}x:\n${keys(size, () => '  - on\n')}`)],
  ['wrong items of a list', (size) => release(`${HEAD}not_secret:\n${keys(size, () => '  - [1]\n')}`)],
  ['one key again and again', (size) => release(HEAD + keys(size, () => `k: 1\n`))],
  ['one line', (size) => release(`{${keys(size, (index) => `k${index}: 1, `)}}`)],
  ['unknown keys of an environment', (size) => environment(keys(size, (index) => `k${index}: 1\n`))],
  ['vars', (size) => environment(`vars:\n${keys(size, (index) => `  k${index}: "v"\n`)}`)],
  ['uses of vars', (size) => environment(`vars: {a: b}\nenv:\n  shared:\n${keys(size, (index) => `    K${index}: "\${a}"\n`)}`)],
  [
    'vars and uses of unknown ones',
    (size) =>
      environment(
        `vars:\n${keys(size, (index) => `  k${index}: "v"\n`)}env:\n  shared:\n${keys(size, (index) => `    K${index}: "\${x}"\n`)}`,
      ),
  ],
  ['env', (size) => environment(`env:\n  shared:\n${keys(size, (index) => `    K${index}: "v"\n`)}`)],
  ['env of a wrong type', (size) => environment(`env:\n  shared:\n${keys(size, (index) => `    K${index}: [1]\n`)}`)],
  ['secrets', (size) => environment(`secrets:\n  shared:\n${keys(size, (index) => `    K${index}: "ssm:/a/b"\n`)}`)],
  ['services', (size) => environment(`services:\n${keys(size, (index) => `  s${index}: {component: other}\n`)}`)],
  [
    'aliases of a compose file',
    (size) =>
      readDocument(`a: &a {x: 1}\n${keys(size, (index) => `k${index}: {<<: *a, y: *a}\n`)}`, 'c.yaml', {
        plainScalar: (source) => source,
      }),
  ],
  [
    'printed problems',
    (size) => formatProblems(Array.from({ length: size }, () => ({ code: 'wrong-type', message: 'x' }) as const)),
  ],
])('%s: twice the input is twice the work', (_, read) => {
  expect(growth(200, 3, read)).toBeLessThan(3);
});
