import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildCommand, findEngine } from './engine';
import type { EngineBuild } from './engine';

const BUILD: EngineBuild = {
  context: '/c',
  dockerfile: 'Dockerfile_X',
  tag: 'localhost/kdcube/x:c-1',
  platform: 'linux/amd64',
  args: { B: '2', A: '1 and a space' },
  labels: { key: 'k' },
  created: 17,
};

describe('buildCommand', () => {
  it('passes sorted arguments to buildx, without attestations, with the creation time of the base', () => {
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

  it('passes the same to podman, with its flags', () => {
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
  it('reports why each engine is unavailable', async () => {
    const before = process.env.PATH;
    process.env.PATH = '/nowhere';
    try {
      await expect(findEngine('auto')).rejects.toThrow(/\[engine-missing\][^]*buildx: [^]*podman: /);
    } finally {
      process.env.PATH = before;
    }
  });

  it('reports a program’s error without its advice', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kd-docker-'));
    const script =
      '#!/bin/sh\necho "docker: \'buildx\' is not a docker command." >&2\necho "See \'docker --help\'" >&2\nexit 1\n';
    fs.writeFileSync(path.join(folder, 'docker'), script, { mode: 0o755 });
    const before = process.env.PATH;
    process.env.PATH = `${folder}:/bin:/usr/bin`;
    try {
      await expect(findEngine('buildx')).rejects.toThrow(/buildx: docker: 'buildx' is not a docker command\.\n(?! *See)/);
    } finally {
      process.env.PATH = before;
      fs.rmSync(folder, { recursive: true });
    }
  });
});
