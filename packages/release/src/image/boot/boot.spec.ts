import { bootCommand, bootEntries, bootRequest } from './boot';

const RUN = {
  name: 'kdcube-boot-1',
  reference: 'localhost/kdcube/x:c-1',
  platform: 'linux/arm64',
  python: 'python3',
  probe: 'print(1)',
  memory: '512m',
};

describe('bootCommand', () => {
  const args = bootCommand(RUN);

  it('passes the probe to the image’s own python, and changes nothing else in the image', () => {
    expect(args[0]).toBe('run');
    expect(args.slice(args.indexOf('--entrypoint=python3'))).toEqual(['--entrypoint=python3', RUN.reference, '-c', RUN.probe]);
    expect(args.join(' ')).not.toMatch(/--(?:user|env|workdir|volume|mount|read-only)\b|\s-[evuw]\b/);
  });

  it('isolates the container: no network, no mounts, limits of memory, processes and files; removed automatically, and by its name', () => {
    expect(args).toEqual(
      expect.arrayContaining([
        '--rm',
        '--name=kdcube-boot-1',
        '--network=none',
        '--memory=512m',
        '--memory-swap=512m',
        '--pids-limit=1024',
        '--cap-drop=ALL',
        '--pull=never',
        '--platform=linux/arm64',
      ]),
    );
  });
});

it('requests every bundle by the module in its descriptor', () => {
  const bundles = [{ id: 'my-bundle@2.0.0', folder: 'my_bundle_2_0_0', module: 'my_bundle_2_0_0.entrypoint', kind: 'pinned' }];
  expect(JSON.parse(bootRequest('n', bootEntries(bundles), 7))).toEqual({
    nonce: 'n',
    root: '/bundles',
    timeout: 7,
    entries: [{ id: 'my-bundle@2.0.0', module: 'my_bundle_2_0_0.entrypoint' }],
  });
});
