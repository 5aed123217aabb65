import { HELP, readArguments } from './args';

describe('readArguments', () => {
  it('reads every option', () => {
    expect(
      readArguments(
        'acme --platform-ref 2026.7.20.444 --from a.yaml --from b.yaml --registry ghcr.io/acme --nx-version 23.3.2 --plugin a --plugin b --skip-git --skip-install --skip-found --allow-dirty --dry-run --skip-ref-check -y'.split(
          ' ',
        ),
      ),
    ).toEqual({
      folder: 'acme',
      platformRef: '2026.7.20.444',
      from: ['a.yaml', 'b.yaml'],
      registry: 'ghcr.io/acme',
      nxVersion: '23.3.2',
      plugins: ['a', 'b'],
      skipGit: true,
      skipInstall: true,
      skipFound: true,
      allowDirty: true,
      dryRun: true,
      skipRefCheck: true,
      yes: true,
    });
    expect(readArguments([])).toMatchObject({
      folder: undefined,
      nxVersion: undefined,
      from: [],
      plugins: [],
      skipGit: false,
      yes: false,
    });
    expect([readArguments(['--help']), readArguments(['-h']), readArguments(['--version'])]).toEqual(['help', 'help', 'version']);
  });

  it('documents every option', () => {
    for (const option of [
      'platform-ref',
      'from',
      'registry',
      'nx-version',
      'dry-run',
      'allow-dirty',
      'skip-found',
      'skip-ref-check',
      'skip-install',
      'skip-git',
      'yes',
      'plugin',
      'version',
      'help',
    ]) {
      expect(HELP).toContain(`--${option}`);
    }
  });

  it.each([
    [['--what']],
    [['a', 'b']],
    [['--platform-ref']],
    [['a', '--platform-ref=-x']],
    [['a', '--platform-ref', 'a b']],
    [['a', '--platform-ref', '2026.70']],
    [['a', '--platform-ref', '1e5']],
    [['a', '--registry', 'a\nb']],
    [['a', '--nx-version', '21.0.0']],
    [['a', '--nx-version', '22.6.1']],
    [['a', '--nx-version', '25']],
    [['a', '--nx-version', 'latest; rm']],
  ])('refuses %j', (argv) => {
    expect(() => readArguments(argv)).toThrow('[wrong-option]');
  });

  it.each(['22.7', '22.7.12', '23', '^23.1.0', '24.0.6'])('accepts Nx %s', (version) => {
    expect(readArguments(['a', '--nx-version', version])).toMatchObject({ nxVersion: version });
  });
});
