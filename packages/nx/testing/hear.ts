import { type Acme, acme, dockerDouble } from './acme-kit';

/** Takes what is said on both streams, which then say nothing, until jest.restoreAllMocks(). */
export function hear(take: (text: string) => void): void {
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      take(String(text));
      return true;
    });
}

/** What Nx hands an executor of the project `release`, as far as ours read it. `options`: of the plugin, in nx.json. */
export function releaseContext(root: string, options?: object): never {
  const plugins = options === undefined ? [] : [{ plugin: '@kdcube/nx', options }];
  return { root, projectName: 'release', nxJsonConfiguration: { plugins } } as never;
}

export interface Heard {
  ours: Acme;
  /** What was said in this test. */
  said: string;
}

/** For each test of a file a workspace, without an engine; and what is said in it is heard. */
export function heardAcme(): Heard {
  const at = { said: '' } as Heard;
  beforeEach(async () => {
    at.ours = await acme();
    dockerDouble(at.ours);
    at.said = '';
    hear((text) => (at.said += text));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await at.ours.end();
  });
  return at;
}
