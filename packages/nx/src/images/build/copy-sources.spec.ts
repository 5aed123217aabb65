import { type Acme, acme, dockerDouble, type Engine } from '../../../testing/acme-kit';
import { gitSync, problemOf } from '../../../testing/git-kit';
import { silentLog } from '../../system/log';
import { resolveRegistries } from '../../workspace/registries';
import { buildImage } from './image-source';

jest.setTimeout(120_000);

const FROM = 'FROM ${KDCUBE_PLATFORM_REGISTRY}/kdcube-chat-proc:${KDCUBE_PLATFORM_REF}\n';
const ARGS = 'ARG KDCUBE_PLATFORM_REGISTRY\nARG KDCUBE_PLATFORM_REF\n';
const FILE = 'images/proc/Dockerfile_ChatProcBundled';

let ours: Acme;
let engine: Engine;
beforeEach(async () => {
  ours = await acme();
  engine = dockerDouble(ours);
});
afterEach(() => ours.end());

const build = (builder: 'auto' | 'buildx' | 'oci') =>
  ours.job((job) => {
    const registries = resolveRegistries({ platformRegistry: ours.registry.host }, {}, {});
    return buildImage(job, { root: ours.root, registries, engine: builder }, silentLog);
  });

describe.each(['auto', 'buildx'] as const)('before an engine builds (%s)', (builder) => {
  it('every missing source of COPY and ADD is a problem, and the engine is not started', async () => {
    const text = `${ARGS}${FROM}RUN make\nCOPY ./bundles /bundles\nCOPY conf/start.sh gone /opt/\nADD secret.txt /opt/\n`;
    ours.commit({
      [FILE]: text,
      'images/proc/config/start.sh': '',
      'images/proc/secret.txt': '',
      'images/proc/.dockerignore': 'secret.txt\n',
    });
    const error = (await build(builder).catch((thrown: unknown) => thrown)) as { problems: unknown[] };
    expect(error.problems).toEqual([
      {
        code: 'dockerfile-unreadable',
        message: 'This COPY cannot be executed: conf/start.sh is not in the build context.',
        hint: 'the build context has config/start.sh',
        at: { file: FILE, line: 6 },
      },
      expect.objectContaining({
        message: 'This COPY cannot be executed: gone is not in the build context.',
        at: { file: FILE, line: 6 },
      }),
      expect.objectContaining({
        message: 'This ADD cannot be executed: secret.txt is not in the build context: .dockerignore excludes it.',
        at: { file: FILE, line: 7 },
      }),
    ]);
    expect(engine.calls().filter((call) => call === 'buildx build')).toEqual([]);
  });

  it('an image whose sources are all there is built, with bundles that .dockerignore would exclude', async () => {
    ours.commit({ [FILE]: `${ARGS}${FROM}RUN make\nCOPY ./bundles /bundles\n`, 'images/proc/.dockerignore': 'bundles\n' });
    expect(await build(builder)).toMatchObject({ kind: 'engine', how: 'built' });
  });
});

it('a file that git does not have is missing', async () => {
  ours.commit({ [FILE]: `${ARGS}${FROM}RUN make\nCOPY ./bundles /bundles\nCOPY late.sh /opt/\n`, 'images/proc/late.sh': '' });
  gitSync(ours.root, 'rm', '--quiet', 'images/proc/late.sh');
  expect(await problemOf(build('buildx'))).toMatchObject({ message: expect.stringContaining('late.sh'), at: { line: 6 } });
});

it.each(['auto', 'oci'] as const)('a build without an engine reports all of them too (%s)', async (builder) => {
  ours.commit({
    [FILE]: `${ARGS}${FROM}COPY ./bundles /bundles\nCOPY start.sh /opt/\nCOPY gone.sh /opt/\n`,
    'images/proc/bin/start.sh': '',
  });
  const error = (await build(builder).catch((thrown: unknown) => thrown)) as { problems: unknown[] };
  expect(error.problems).toMatchObject([
    { code: 'dockerfile-unreadable', hint: 'the build context has bin/start.sh', at: { file: FILE, line: 5 } },
    { message: expect.stringContaining('gone.sh'), at: { file: FILE, line: 6 } },
  ]);
  expect(engine.calls()).toEqual([]);
});

it('a build that needs an engine, without one, is refused for that reason', async () => {
  ours.commit({ [FILE]: `${ARGS}${FROM}RUN make\nCOPY ./bundles /bundles\nCOPY gone.sh /opt/\n` });
  expect((await problemOf(build('oci'))).code).toBe('needs-engine');
});
