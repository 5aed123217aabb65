import { parseArgs } from 'node:util';
import { CreateError } from './problem';

/** What a person asked for. `folder` and `platformRef` are asked for where they are missing and somebody is there to answer. */
export interface Arguments {
  folder?: string;
  platformRef?: string;
  nxVersion: string;
  registry?: string;
  plugins: string[];
  skipGit: boolean;
  skipInstall: boolean;
  yes: boolean;
}

/** The version of Nx that this package was tested with. */
export const TESTED_NX = '24.0.6';

export const HELP = `npm create kdcube@latest <folder> -- [options]

Makes a repository for KDCube bundles: release.yaml, the two images with the bundles in them, Nx with @kdcube/nx, a first commit.

  --platform-ref <ref>   the platform's version: the tag of its published images. Asked for where it is missing
  --registry <name>      where images go, such as ghcr.io/acme; can be said later, in nx.json
  --nx-version <version> the version of Nx, 22.7 to 24 (default: ${TESTED_NX})
  --skip-install         write package.json and stop: nothing is fetched
  --skip-git             no git init, no first commit
  --yes, -y              ask nothing
  --plugin <spec>        where to take @kdcube/nx or @kdcube/release from: a version, or file:<tarball>; may be repeated
  --version              print the version of create-kdcube
  --help, -h             print this

example
  npm create kdcube@latest acme -- --platform-ref 2026.7.20.444
`;

/** Reads the command line. Throws the Problem `wrong-option` for what it does not know. */
export function readArguments(argv: readonly string[]): Arguments | 'help' | 'version' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';
  if (positionals.length > 1)
    throw wrong(`It makes one folder, and was given ${positionals.length}.`, 'put a name with spaces in quotes');
  const nxVersion = values['nx-version'] ?? TESTED_NX;
  checkNx(nxVersion);
  if (values['platform-ref'] !== undefined) checkPlatformRef(values['platform-ref']);
  if (values.registry !== undefined) checkWord('--registry', values.registry);
  return {
    folder: positionals[0],
    platformRef: values['platform-ref'],
    nxVersion,
    registry: values.registry,
    plugins: values.plugin ?? [],
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
        registry: { type: 'string' },
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

/** What is checked before anything is installed. The rules of release.yaml come later, in @kdcube/nx. */
export function checkPlatformRef(ref: string): void {
  checkWord('--platform-ref', ref);
  if (!/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$|^0x[0-9a-f]+$/i.test(ref)) return;
  throw wrong(
    `The command line of Nx reads ${ref} as a number, and would lose its zeros.`,
    'give another version, and write this one into release.yaml afterwards',
  );
}

function checkWord(option: string, value: string): void {
  if (/^[^\s\u0000-\u001f\u007f-][^\s\u0000-\u001f\u007f]*$/.test(value)) return;
  throw wrong(`${option} is one word, without spaces, and does not start with a dash.`);
}

function checkNx(version: string): void {
  const match = /^[~^]?(\d+)(?:\.(\d+)(?:\.[\w.+-]+)?)?$/.exec(version);
  const [major, minor] = [Number(match?.[1]), match?.[2] === undefined ? undefined : Number(match[2])];
  if (match && major >= 22 && major <= 24 && !(major === 22 && (minor ?? 7) < 7)) return;
  throw wrong('--nx-version is a version of Nx from 22.7 to 24.', `--nx-version ${TESTED_NX}`);
}

function wrong(words: string, hint?: string, cause?: unknown): CreateError {
  return new CreateError('wrong-option', words, hint, cause);
}
