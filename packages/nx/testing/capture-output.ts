import { type Acme, acme, dockerDouble } from './acme-kit';

/** Takes what is said on both streams, which then say nothing, until jest.restoreAllMocks(). */
export function captureOutput(take: (text: string) => void): void {
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

export interface CapturedRelease {
  workspace: Acme;
  /** What was said in this test. */
  output: string;
}

/** For each test of a file a workspace, without an engine; and what is said in it is heard. */
export function captureAcme(): CapturedRelease {
  const at = { output: '' } as CapturedRelease;
  beforeEach(async () => {
    at.workspace = await acme();
    dockerDouble(at.workspace);
    at.output = '';
    captureOutput((text) => (at.output += text));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await at.workspace.end();
  });
  return at;
}
