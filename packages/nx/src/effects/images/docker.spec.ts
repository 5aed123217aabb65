import { buildCommand, findEngine } from './docker';
import type { Build } from './docker';

const BUILD: Build = {
  context: '/c',
  dockerfile: 'Dockerfile_X',
  tag: 'localhost/kdcube/x:c-1',
  platform: 'linux/amd64',
  args: { B: '2', A: '1 and a space' },
  labels: { key: 'k' },
  created: 17,
};

describe('buildCommand', () => {
  it('tells buildx everything in one order, without attestations, with the clock of the base', () => {
    const [program, args] = buildCommand('buildx', BUILD);
    expect(program).toBe('docker');
    expect(args).toEqual([
      ...[
        'buildx',
        'build',
        '--load',
        '--progress',
        'plain',
        '--provenance=false',
        '--sbom=false',
        '--file',
        '/c/Dockerfile_X',
        '--platform',
        'linux/amd64',
      ],
      ...[
        '--tag',
        'localhost/kdcube/x:c-1',
        '--label',
        'key=k',
        '--build-arg',
        'A=1 and a space',
        '--build-arg',
        'B=2',
        '--build-arg',
        'SOURCE_DATE_EPOCH=17',
        '/c',
      ],
    ]);
  });

  it('tells podman the same in its words', () => {
    const [program, args] = buildCommand('podman', BUILD);
    expect(program).toBe('podman');
    expect(args).toContain('--timestamp');
    expect(args).toContain('--identity-label=false');
    expect(args.join(' ')).not.toContain('SOURCE_DATE_EPOCH');
    expect(args).not.toContain('--tls-verify=false');
    expect(buildCommand('podman', { ...BUILD, plainHttp: true })[1]).toContain('--tls-verify=false');
    expect(buildCommand('buildx', { ...BUILD, plainHttp: true })[1]).toEqual(buildCommand('buildx', BUILD)[1]);
  });
});

describe('findEngine', () => {
  it('says why there is none, for each', async () => {
    const before = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      await expect(findEngine('auto')).rejects.toThrow(/\[engine-missing\][^]*buildx: [^]*podman: /);
    } finally {
      process.env.PATH = before;
    }
  });
});
