import { KdcubeError } from '../../problem/problem';
import { clonedRepositories, cloneName, pinClones } from './files/cloned-repositories';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const read = (lines: string, args = {}) =>
  clonedRepositories(`FROM base\n${lines}\n`, 'Dockerfile', { args, platform: 'linux/amd64' });

test.each([
  ['RUN git clone --branch main https://example.org/x.git .', 'https://example.org/x.git#main'],
  ['RUN git clone --branch=v1 --single-branch --depth 1 https://example.org/x.git .', 'https://example.org/x.git#v1'],
  [
    'ARG B=master\nRUN git clone --single-branch \\\n  --branch ${B} https://example.org/x.git .',
    'https://example.org/x.git#master',
  ],
])('%s', (lines, name) => {
  expect(read(lines).map(cloneName)).toEqual([name]);
});

it('has the branch that an argument gives', () => {
  const lines = 'ARG B=master\nRUN git clone --branch ${B} https://example.org/x.git .';
  expect(read(lines, { B: 'dev' }).map(cloneName)).toEqual(['https://example.org/x.git#dev']);
});

test.each([
  'RUN git clone https://example.org/x.git .',
  'RUN git clone --branch main https://example.org/x.git x',
  'RUN git clone --branch main https://example.org/x.git . && make',
  'RUN git clone --branch main git@example.org:x.git .',
  'RUN git clone --branch main http://example.org/x.git .',
  'RUN git clone --branch ${UNKNOWN} https://example.org/x.git .',
  'ARG U\nRUN git clone --branch main https://example.org/${U}.git .',
  'RUN apk add git && git -C /x clone https://example.org/x.git',
  'RUN --network=host git clone --branch main https://example.org/x.git .',
])('refuses %s, by its line', (lines) => {
  const { code, at } = problemOf(() => read(lines));
  expect([code, at?.line]).toEqual(['dockerfile-unreadable', lines.split('\n').length + 1]);
});

it('is not about other instructions, or stages that the image does not need', () => {
  expect(read('RUN apk add git\nLABEL x="git clone"\nRUN echo clone')).toEqual([]);
  expect(read('RUN git clone https://example.org/x.git .\nFROM other')).toEqual([]);
});

it('replaces only the command', () => {
  const text = 'FROM base\nRUN git clone \\\n  --branch main https://example.org/x.git .\nRUN make\n';
  const clones = clonedRepositories(text, 'Dockerfile', { args: {}, platform: 'linux/amd64' });
  expect(pinClones(text, clones, { 'https://example.org/x.git#main': COMMIT })).toBe(
    `FROM base\nRUN git init --quiet . && git fetch --quiet --depth=1 https://example.org/x.git ${COMMIT} && git checkout --quiet FETCH_HEAD\nRUN make\n`,
  );
});

function problemOf(work: () => unknown): KdcubeError['problems'][number] {
  try {
    work();
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems[0]!;
    throw error;
  }
  throw new Error('it worked');
}
