import { taskPlatform, expectedDigests } from './expected-digests';

const [INDEX, AMD, ARM] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
const known = new Map([
  [
    `acme/proc@${INDEX}`,
    {
      digest: INDEX,
      children: [
        { platform: 'linux/amd64', digest: AMD },
        { platform: 'linux/arm64', digest: ARM },
      ],
    },
  ],
]);
const arm = { runtimePlatform: { cpuArchitecture: 'ARM64' } };

it('of an index, a task may report the index itself or the child for its own platform, and no other child', () => {
  expect(expectedDigests(`acme/proc@${INDEX}`, {}, known)).toEqual([INDEX, AMD]);
  expect(expectedDigests(`acme/proc@${INDEX}`, arm, known)).toEqual([INDEX, ARM]);
});

it('where the registry says nothing, the pinned digest alone', () => {
  expect(expectedDigests(`acme/other@${ARM}`, {}, known)).toEqual([ARM]);
});

it('a definition that says nothing of its platform runs on amd64', () => {
  expect([taskPlatform({}), taskPlatform({ runtimePlatform: {} }), taskPlatform(arm)]).toEqual([
    'linux/amd64',
    'linux/amd64',
    'linux/arm64',
  ]);
});
