import type { ProblemCode } from './codes';

/** The most that is read of something, so that no input can exhaust time, memory or the stack. docs/limits.md is printed from this table. */
export interface Limit {
  max: number;
  unit: string;
  /** What is limited. */
  of: string;
  why: string;
  /** The problem that names the limit; undefined where the rest is left out or treated as unknown. */
  code?: ProblemCode;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** Every limit on input, in one place. */
export const LIMITS = {
  // Documents: release.yaml, environments, pins, task definitions, compose files
  documentBytes: {
    max: MiB,
    unit: 'bytes',
    of: 'a YAML or JSON document: release.yaml, an environment, a task definition, a compose file',
    why: 'A release of 500 bundles with long descriptions has 150 kB.',
    code: 'file-too-large',
  },
  workspaceFileBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'any file of the workspace that a command reads as a whole: a pin, a receipt, a saved plan or record, a Dockerfile',
    why: 'The pin of an image with 10,000 bundles has 1 MiB.',
    code: 'file-too-large',
  },
  documentDepth: {
    max: 100,
    unit: 'levels',
    of: 'nesting of a document',
    why: 'The platform’s own bundles.yaml, with all its settings, has 20.',
    code: 'yaml-syntax',
  },
  documentValues: {
    max: 100_000,
    unit: 'values',
    of: 'values of a document',
    why: 'A release of 500 bundles has 5,000.',
    code: 'limit-exceeded',
  },
  documentAliases: {
    max: 1000,
    unit: 'aliases',
    of: 'aliases of a compose file; all other documents have none',
    why: 'To find what an alias stands for, the reader searches the whole document.',
    code: 'limit-exceeded',
  },
  aliasBytes: {
    max: 8 * MiB,
    unit: 'characters',
    of: 'a compose file after its aliases are resolved',
    why: 'Aliases of aliases grow exponentially.',
    code: 'yaml-alias',
  },
  filledCharacters: {
    max: 8 * MiB,
    unit: 'characters',
    of: 'an environment after its `vars` are filled in',
    why: 'A long variable that is used often grows to any size.',
    code: 'limit-exceeded',
  },
  bundles: {
    max: 10_000,
    unit: 'bundles',
    of: 'bundles of a release',
    why: 'Each is an Nx project.',
    code: 'limit-exceeded',
  },
  services: {
    max: 100,
    unit: 'services',
    of: 'services of an environment',
    why: 'Each gets every shared variable.',
    code: 'limit-exceeded',
  },
  variables: {
    max: 2000,
    unit: 'names',
    of: 'one `env` or `secrets` mapping of an environment',
    why: 'A task definition of ECS has at most 64 KiB.',
    code: 'limit-exceeded',
  },
  // git, and the content of bundles and images
  sealedFileBytes: {
    max: 1024 * MiB,
    unit: 'bytes',
    of: 'a file of the cache; a larger one is computed again',
    why: 'It is read as a whole. A compressed layer of bundles has a few MiB.',
  },
  layerNames: {
    max: 2_000_000,
    unit: 'names',
    of: 'files and folders in one layer of a base image',
    why: 'A layer with every package of a distribution has 300,000. Each name is in memory.',
    code: 'limit-exceeded',
  },
  treeEntries: {
    max: 50_000,
    unit: 'entries',
    of: 'files and folders of a bundle, an image folder or a commit',
    why: 'Seven git objects can list a million files.',
    code: 'limit-exceeded',
  },
  treeBytes: {
    max: 2048 * MiB,
    unit: 'bytes',
    of: 'the files of a bundle or an image folder, each as often as it occurs',
    why: 'One git object can be the content of many files.',
    code: 'limit-exceeded',
  },
  treeObjectBytes: {
    max: 16 * MiB,
    unit: 'bytes',
    of: 'one folder in git',
    why: 'A folder of 50,000 files has 4 MiB.',
    code: 'limit-exceeded',
  },
  pathBytes: {
    max: 3840,
    unit: 'bytes',
    of: 'a path of a bundle or of an image',
    why: 'Linux has 4,096 for the whole path, with the folder that a container runtime unpacks it into.',
    code: 'unsafe-name',
  },
  nameBytes: {
    max: 255,
    unit: 'bytes',
    of: 'each name in a path',
    why: 'No file system of Linux takes more.',
    code: 'unsafe-name',
  },

  // Dockerfiles, env files and compose files
  dockerfileBytes: {
    max: 256 * KiB,
    unit: 'bytes',
    of: 'a Dockerfile',
    why: 'The longest of the platform has 12 kB.',
    code: 'dockerfile-unreadable',
  },
  dockerfileInstructions: {
    max: 2000,
    unit: 'instructions',
    of: 'instructions of a Dockerfile',
    why: 'Docker unpacks at most 125 layers.',
    code: 'dockerfile-unreadable',
  },
  expandedCharacters: {
    max: 64 * KiB,
    unit: 'characters',
    of: 'a word of a Dockerfile, an instruction without `RUN`, or a value of an env file or compose file, after its variables are expanded',
    why: 'A variable that doubles another one 26 times has 640 MB.',
    code: 'dockerfile-unreadable',
  },
  expandedTotal: {
    max: 4 * MiB,
    unit: 'characters',
    of: 'an env file or a compose file after its variables are expanded',
    why: 'Many values can each use a long one.',
    code: 'limit-exceeded',
  },
  expansionDepth: {
    max: 20,
    unit: 'levels',
    of: '`${a:-${b:-…}}` in each other',
    why: 'Their reader is recursive.',
    code: 'dockerfile-unreadable',
  },
  imageSettings: {
    max: 2000,
    unit: 'entries',
    of: 'variables, labels, ports or volumes of an image',
    why: 'A variable is searched for among all.',
    code: 'needs-engine',
  },
  ignoreBytes: {
    max: 64 * KiB,
    unit: 'bytes',
    of: 'a .dockerignore',
    why: 'Each line is compared with each path.',
    code: 'needs-engine',
  },
  envFileBytes: {
    max: MiB,
    unit: 'bytes',
    of: 'an env file that is imported',
    why: 'ECS takes 64 KiB in all.',
    code: 'file-too-large',
  },
  composeFiles: {
    max: 100,
    unit: 'files',
    of: 'compose files that are read, each as often as it is included',
    why: 'Files that include each other twice grow exponentially.',
    code: 'limit-exceeded',
  },
  composeServices: {
    max: 500,
    unit: 'services',
    of: 'services of a compose file',
    why: 'Each may extend the one before.',
    code: 'limit-exceeded',
  },
  suggestedWord: {
    max: 200,
    unit: 'characters',
    of: 'a word that “did you mean” is offered for',
    why: 'The comparison is quadratic in its length.',
  },
  problemsPrinted: {
    max: 50,
    unit: 'problems',
    of: 'problems that are printed; the others are counted',
    why: 'A longer list does not help.',
  },
  problemsInJson: {
    max: 1000,
    unit: 'problems',
    of: 'problems in one object of `--json`; the others are counted in `omitted`',
    why: 'Log collectors cut long lines.',
  },

  nginxConfigBytes: {
    max: 256 * KiB,
    unit: 'characters',
    of: 'a configuration of nginx',
    why: 'The platform’s longest has 45,000.',
    code: 'file-too-large',
  },
  nginxDepth: {
    max: 20,
    unit: 'levels',
    of: 'nesting of blocks in a configuration of nginx',
    why: 'The platform’s own have 4.',
    code: 'nginx-syntax',
  },

  // Registries, AWS, and the output of programs
  awsResponseBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'a response of AWS',
    why: 'A page of its largest lists has 1 MiB.',
    code: 'aws-error',
  },
  awsXmlDepth: {
    max: 50,
    unit: 'levels',
    of: 'nesting of an XML response of AWS',
    why: 'The parser is recursive.',
    code: 'aws-error',
  },
  awsPages: {
    max: 100,
    unit: 'pages',
    of: 'pages of one list of AWS',
    why: 'A list that never ends is no list.',
    code: 'aws-error',
  },
  logLine: {
    max: 500,
    unit: 'characters',
    of: 'a line of a task’s log',
    why: 'A terminal shows no more of it.',
  },
  bootOutput: {
    max: 8 * MiB,
    unit: 'characters',
    of: 'the output of a boot test',
    why: 'An import that prints for ever is stopped.',
    code: 'bundle-import-failed',
  },
  taskFileBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'a file in a task definition, such as the bundle descriptor, unpacked',
    why: 'A few packed bytes can unfold to gigabytes.',
  },
  sourceBytes: {
    max: 2 * MiB,
    unit: 'bytes',
    of: 'a Python file that is read for its imports',
    why: 'Larger ones are data.',
  },
  manifestBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'a manifest, index or image configuration of a registry',
    why: 'Registries take no more.',
    code: 'registry-response',
  },
  indexManifests: {
    max: 100,
    unit: 'manifests',
    of: 'an image index that is mirrored',
    why: 'The platform publishes two architectures, with an attestation each.',
    code: 'limit-exceeded',
  },
  signatureBytes: {
    max: 256 * KiB,
    unit: 'bytes',
    of: 'a signature of an image, with its statement; a larger one does not count',
    why: 'The statement of an image with 500 bundles has 130 kB.',
  },
  indexEntries: {
    max: 50,
    unit: 'entries',
    of: 'entries of an image index that are opened to see what they are: those without a platform, and indexes in it',
    why: 'Builders write one of them at most. Each is a request.',
    code: 'limit-exceeded',
  },
  signatures: {
    max: 200,
    unit: 'signatures',
    of: 'signatures of one image that are read, those like ours first; the others are counted',
    why: 'Anyone with write access to the repository can add any number.',
  },
  referrerPages: {
    max: 20,
    unit: 'pages',
    of: 'pages of a registry’s list of what refers to an image; the others are not read',
    why: 'A list that never ends is no list.',
  },
  signingKeyBytes: {
    max: 64 * KiB,
    unit: 'bytes',
    of: 'a file with a signing key or with trusted public keys',
    why: 'A key in PEM format has less than 1 kB.',
    code: 'signing-key',
  },
  dockerConfigBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'docker’s config.json',
    why: 'One with hundreds of registries has 100 kB.',
    code: 'file-error',
  },
  tagsBytes: {
    max: 4 * MiB,
    unit: 'bytes',
    of: 'a page of a registry’s list of tags',
    why: 'A page has at most 1,000 tags in practice.',
    code: 'registry-response',
  },
  registryResponseBytes: {
    max: 64 * KiB,
    unit: 'bytes',
    of: 'any other response of a registry',
    why: 'It says little or nothing.',
    code: 'registry-response',
  },
  tokenBytes: {
    max: MiB,
    unit: 'bytes',
    of: 'a token of a registry',
    why: 'A token has a few kB.',
    code: 'registry-response',
  },
  registryErrorBytes: {
    max: 64 * KiB,
    unit: 'bytes',
    of: 'an error response of a registry; the rest is left out',
    why: 'The reason is at its start.',
  },
  programOutput: {
    max: 256 * MiB,
    unit: 'bytes',
    of: 'the output of a program, such as git',
    why: 'It is held in memory.',
    code: 'command-failed',
  },
} as const satisfies Record<string, Limit>;
