import { KdcubeError } from '@kdcube/release/internal';

/** A command of Nx, and how it may use the cache. */
export interface Arguments {
  readOnly: boolean;
  command: string[];
}

export const HELP = `kdcube-cache [--read-only] <command>

Runs a command of Nx with the self-hosted cache in NX_SELF_HOSTED_REMOTE_CACHE_SERVER, and ends with its exit code. A cache that is down, slow or broken
never fails the command: it is asked first, with a time limit, and once it fails, the command goes on without it.

  --read-only   store nothing
  --help, -h    print this

examples
  npx kdcube-cache nx run-many -t stage docker-build
  npx kdcube-cache --read-only nx affected -t test
`;

/** The options before the command: all others are of the command. */
export function readArguments(argv: readonly string[]): Arguments | 'help' {
  const at = argv.findIndex((each) => !each.startsWith('-') || each === '--');
  const options = at === -1 ? argv : argv.slice(0, at);
  if (options.some((each) => each === '--help' || each === '-h')) return 'help';
  const wrong = options.find((each) => each !== '--read-only');
  if (wrong !== undefined)
    throw new KdcubeError({
      code: 'wrong-option',
      message: `kdcube-cache has no option ${wrong}.`,
      hint: 'npx kdcube-cache --help',
    });
  const command = at === -1 ? [] : argv.slice(argv[at] === '--' ? at + 1 : at);
  if (command.length === 0)
    throw new KdcubeError({
      code: 'wrong-option',
      message: 'No command is given.',
      hint: 'npx kdcube-cache nx run-many -t stage docker-build',
    });
  return { readOnly: options.includes('--read-only'), command };
}
