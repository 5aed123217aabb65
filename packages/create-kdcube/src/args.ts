import { parseArgs } from 'node:util';
import { KdcubeError } from '@kdcube/release/internal';
import { PLATFORM_URL } from './platform-refs';
import { problem } from './problem';

/** The command line. Missing `folder` and `platformRef` are asked for in an interactive terminal. */
export interface Arguments {
  folder?: string;
  platformRef?: string;
  /** Files that describe the release already. */
  from: string[];
  /** Default: that of the workspace, else TESTED_NX. */
  nxVersion?: string;
  registry?: string;
  plugins: string[];
  /** Do not contact the platform's repository. */
  skipRefCheck: boolean;
  /** Do not use what a repository has. */
  skipFound: boolean;
  allowDirty: boolean;
  /** Show the plan, and stop. */
  dryRun: boolean;
  skipGit: boolean;
  skipInstall: boolean;
  yes: boolean;
}

/** The version of Nx that this package is tested with. */
export const TESTED_NX = '24.0.6';

export const HELP = `npm create kdcube@latest <folder> -- [options]

Creates a repository for KDCube bundles: release.yaml, the two images that hold the bundles, Nx with @kdcube/nx, and a first commit.
In a folder with content, sets up what is missing: npm create kdcube@latest .

  --platform-ref <ref>   the platform's version: the tag of its published images. Prompted for if missing
  --from <file>          a file that describes the release already: another release.yaml, assembly.yaml, bundles.yaml,
                         or the value of AGENTIC_BUNDLES_JSON; repeatable
  --registry <name>      where images go, such as ghcr.io/acme; can be set later in nx.json
  --nx-version <version> the version of Nx, 22.7 to 24 (default: that of the workspace, else ${TESTED_NX})
  --dry-run              show the plan, change nothing
  --allow-dirty          set up a repository with uncommitted changes
  --skip-found           do not list the bundles, or use the Dockerfiles, that the repository has
  --skip-ref-check       do not compare --platform-ref with the tags of ${PLATFORM_URL}
  --skip-install         write package.json and stop: download nothing
  --skip-git             no git init, no first commit
  --yes, -y              do not prompt
  --plugin <spec>        what to install as @kdcube/nx or @kdcube/release: a version or file:<tarball>; repeatable
  --version              print the version of create-kdcube
  --help, -h             print this

examples
  npm create kdcube@latest acme -- --platform-ref 2026.07.20.444
  npm create kdcube@latest . -- --platform-ref 2026.07.20.444 --allow-dirty
  npm create kdcube@latest . -- --from deploy/assembly.yaml --from deploy/bundles.yaml
`;

/** Parses the command line. Throws the Problem `wrong-option` for an invalid one. */
export function readArguments(argv: readonly string[]): Arguments | 'help' | 'version' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';
  if (positionals.length > 1) throw wrong(`Expected one folder, got ${positionals.length}.`, 'quote a name with spaces');
  const nxVersion = values['nx-version'];
  if (nxVersion !== undefined && !isSupportedNx(nxVersion))
    throw wrong('--nx-version must be a version of Nx from 22.7 to 24.', `--nx-version ${TESTED_NX}`);
  if (values['platform-ref'] !== undefined) checkPlatformRef(values['platform-ref']);
  if (values.registry !== undefined) checkWord('--registry', values.registry);
  return {
    folder: positionals[0],
    platformRef: values['platform-ref'],
    from: values.from ?? [],
    nxVersion,
    registry: values.registry,
    plugins: values.plugin ?? [],
    skipRefCheck: values['skip-ref-check'] ?? false,
    skipFound: values['skip-found'] ?? false,
    allowDirty: values['allow-dirty'] ?? false,
    dryRun: values['dry-run'] ?? false,
    skipGit: values['skip-git'] ?? false,
    skipInstall: values['skip-install'] ?? false,
    yes: values.yes ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'platform-ref': { type: 'string' },
        'nx-version': { type: 'string' },
        from: { type: 'string', multiple: true },
        registry: { type: 'string' },
        'skip-ref-check': { type: 'boolean' },
        'skip-found': { type: 'boolean' },
        'allow-dirty': { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        plugin: { type: 'string', multiple: true },
        'skip-git': { type: 'boolean' },
        'skip-install': { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw wrong((error as Error).message.split('\n')[0]!, 'npm create kdcube@latest -- --help', error);
  }
}

/** Checked before the install. The rules of release.yaml are checked later, by @kdcube/nx. */
export function checkPlatformRef(ref: string): void {
  checkWord('--platform-ref', ref);
  if (!/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$|^0x[0-9a-f]+$/i.test(ref)) return;
  throw wrong(
    `--platform-ref ${ref} looks like a number, and the command line of Nx would drop its zeros.`,
    'use another version now, and correct platform.ref in release.yaml afterwards',
  );
}

function checkWord(option: string, value: string): void {
  if (/^[^\s\u0000-\u001f\u007f-][^\s\u0000-\u001f\u007f]*$/.test(value)) return;
  throw wrong(`${option} must be one word without spaces, and must not start with a dash.`);
}

/** Whether a version, or a range such as ^23.1.0, is a supported one of Nx. */
export function isSupportedNx(version: string): boolean {
  const match = /^[~^]?(\d+)(?:\.(\d+)(?:\.[\w.+-]+)?)?$/.exec(version);
  const [major, minor] = [Number(match?.[1]), match?.[2] === undefined ? undefined : Number(match[2])];
  return match !== null && major >= 22 && major <= 24 && !(major === 22 && (minor ?? 7) < 7);
}

function wrong(message: string, hint?: string, cause?: unknown): KdcubeError {
  return problem('wrong-option', message, hint, cause);
}
