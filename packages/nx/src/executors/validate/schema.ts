import * as z from 'zod';
import { json, release } from '../options';

export const description =
  'Check release.yaml, the pins and the bundles they pin. Finds what the platform would only report in a log, or not at all. Reports every problem at once, with its place.';
export const examples = [
  { command: 'nx run release:validate', description: 'Check everything, offline' },
  {
    command: 'nx run release:validate --online',
    description: 'Also check at the remotes that every tag still names its pinned commit',
  },
  {
    command: 'nx run release:validate --resolve',
    description: 'Also have pip resolve the packages that bundles list for @venv',
  },
  {
    command: 'nx run release:validate --base=origin/main',
    description: 'Also check that nx affected can compare with origin/main',
  },
];

export const ValidateOptions = z.strictObject({
  online: z
    .boolean()
    .default(false)
    .describe(
      'Also contact the git remotes: check that every tag still names its pinned commit, and fetch pinned bundles to check their source.',
    )
    .meta({ examples: [true] }),
  resolve: z
    .boolean()
    .default(false)
    .describe(
      'Also have pip of this machine resolve what @venv would install, for the Python of the image and with wheels only: nothing is installed, and no code of a package runs.',
    )
    .meta({ examples: [true] }),
  // Nx parses 3.12 as a number, and 3.10 as 3.1.
  python: z
    .union([z.string().regex(/^\d+\.\d+$/), z.number()])
    .optional()
    .describe('With --resolve: the Python of the image. Default: what its base image says (PYTHON_VERSION).')
    .meta({ examples: ['3.12'] }),
  // Nx parses a commit of digits as a number.
  base: z
    .union([z.string().min(1), z.number()])
    .optional()
    .describe(
      'Also check that this clone has the history between this commit and HEAD, with which `nx affected` compares: a shallow clone fails here, in words.',
    )
    .meta({ examples: ['origin/main'] }),
  ...release,
  json,
});
export type ValidateOptions = z.infer<typeof ValidateOptions>;
