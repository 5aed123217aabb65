import tseslint from 'typescript-eslint';
import { retiredTerms } from './tools/lint/retired-words.mjs';

/**
 * Who may import whom (docs/architecture.md). A room is a folder of a package. It may import itself, the rooms in `rooms` and the packages in `packages`, and nothing else. Spec files may import anything.
 * Kept by ESLint's own no-restricted-imports: a plugin that needs a project graph would skip itself where there is none.
 */
const RELEASE = 'packages/release/src';
const NX = 'packages/nx/src';
const PROBLEM = ['problem', 'secrets'];
const DOCUMENT = [...PROBLEM, 'document'];
const PLATFORM = [...DOCUMENT, 'platform'];
const MODEL = [...PLATFORM, 'release', 'environment'];
const CONTENT = [...MODEL, 'bundle', 'image', 'descriptor'];
const CONFIGURATION = [...CONTENT, 'env', 'import'];
const SYSTEM = ['system'];
const REMOTE = [...SYSTEM, 'aws', 'git', 'registry'];
const IMAGES = [...REMOTE, 'workspace', 'oci', 'images'];
const NODE = ['@kdcube/release/internal', 'node:**'];

const LAYERS = [
  { src: RELEASE, room: 'problem', rooms: [], packages: [] },
  // Texts in, rules out: it knows nothing of Problems, documents or files.
  { src: RELEASE, room: 'secrets', rooms: [], packages: [] },
  { src: RELEASE, room: 'document', rooms: PROBLEM, packages: ['yaml', 'zod'] },
  { src: RELEASE, room: 'platform', rooms: DOCUMENT, packages: [] },
  // A configuration of nginx, edited. Texts in, text or Problems out.
  { src: RELEASE, room: 'proxy', rooms: DOCUMENT, packages: ['zod', 'node:crypto'] },
  { src: RELEASE, room: 'release', rooms: PLATFORM, packages: ['yaml', 'zod', 'node:crypto'] },
  { src: RELEASE, room: 'environment', rooms: [...PLATFORM, 'proxy', 'release'], packages: ['zod'] },
  { src: RELEASE, room: 'bundle', rooms: MODEL, packages: [] },
  { src: RELEASE, room: 'image', rooms: [...MODEL, 'bundle'], packages: ['zod', 'node:crypto'] },
  { src: RELEASE, room: 'provenance', rooms: [...MODEL, 'bundle', 'image'], packages: ['zod', 'node:crypto'] },
  { src: RELEASE, room: 'descriptor', rooms: [...MODEL, 'bundle', 'image'], packages: [] },
  { src: RELEASE, room: 'env', rooms: CONTENT, packages: [] },
  { src: RELEASE, room: 'import', rooms: [...CONTENT, 'env'], packages: [] },
  { src: RELEASE, room: 'setup', rooms: [...CONTENT, 'env'], packages: ['yaml', 'zod'] },
  { src: RELEASE, room: 'deploy', rooms: CONFIGURATION, packages: ['zod', 'node:crypto'] },
  { src: RELEASE, room: 'targets/ecs', rooms: [...CONFIGURATION, 'deploy'], packages: ['zod', 'node:crypto'] },
  { src: RELEASE, room: 'targets/compose', rooms: [...CONFIGURATION, 'deploy'], packages: ['zod', 'node:crypto'] },

  { src: NX, room: 'system', rooms: [], packages: NODE },
  // Programs are started in one place, and bytes compressed in one.
  { src: NX, room: 'system', only: 'exec.ts', rooms: [], packages: [...NODE, 'execa'] },
  { src: NX, room: 'aws', rooms: SYSTEM, packages: [...NODE, '@aws-sdk/*', '@smithy/*'] },
  { src: NX, room: 'git', rooms: SYSTEM, packages: NODE },
  { src: NX, room: 'registry', rooms: [...SYSTEM, 'aws'], packages: [...NODE, '@aws-sdk/*'] },
  { src: NX, room: 'workspace', rooms: REMOTE, packages: NODE },
  { src: NX, room: 'oci', rooms: [...REMOTE, 'workspace'], packages: NODE },
  { src: NX, room: 'oci/layer', only: 'gzip.ts', rooms: [], packages: [...NODE, 'fflate'] },
  // In front of a cache of Nx: it knows nothing of releases.
  { src: NX, room: 'cache', rooms: SYSTEM, files: ['oci/layer/tar-names'], packages: NODE },
  { src: NX, room: 'images', rooms: [...REMOTE, 'workspace', 'oci'], packages: NODE },
  { src: NX, room: 'targets', rooms: IMAGES, packages: [...NODE, '@aws-sdk/*', '@smithy/*'] },
  {
    src: NX,
    room: 'executors',
    rooms: [...IMAGES, 'targets'],
    files: ['schema-json', 'option-problems', 'plugin-options', 'verbs'],
    packages: [...NODE, 'zod'],
    typesOnly: ['@nx/devkit'],
  },
  // Neither the graph nor a generator spawns a process or uses the network: of the effects they may only read files of the workspace.
  { src: NX, room: 'graph', rooms: [], files: ['workspace/disk', 'plugin-options', 'verbs'], packages: [...NODE, '@nx/devkit'] },
  {
    src: NX,
    room: 'generators',
    rooms: [],
    files: ['schema-json', 'option-problems', 'plugin-options'],
    packages: [...NODE, 'zod', '@nx/devkit'],
    except: ['pins/resolve.ts', 'bump/find-versions.ts', 'image/fetch-config.ts', 'ci/remote.ts'],
  },
  // Three exceptions ask remotes and registries: the callback of the sync generator, which only `nx sync` runs, the look-up of newer versions, and the platform's configuration of its proxy.
  {
    src: NX,
    room: 'generators/pins',
    only: 'resolve.ts',
    rooms: [...REMOTE, 'workspace'],
    files: ['plugin-options'],
    packages: NODE,
  },
  {
    src: NX,
    room: 'generators/bump',
    only: 'find-versions.ts',
    rooms: [...REMOTE, 'workspace'],
    files: ['plugin-options'],
    packages: NODE,
  },
  // It asks git for the repository's remote, and nobody else.
  { src: NX, room: 'generators/ci', only: 'remote.ts', rooms: ['git'], packages: [] },
  {
    src: NX,
    room: 'generators/image',
    only: 'fetch-config.ts',
    rooms: [...REMOTE, 'workspace'],
    packages: NODE,
  },
];

/** What ESLint recommends for plain JavaScript, but for no-control-regex. In TypeScript the compiler finds most of it. */
const CORE_RULES = `
  constructor-super for-direction getter-return no-async-promise-executor no-case-declarations no-class-assign
  no-compare-neg-zero no-cond-assign no-const-assign no-constant-binary-expression no-constant-condition no-debugger
  no-delete-var no-dupe-args no-dupe-class-members no-dupe-else-if no-dupe-keys no-duplicate-case no-empty
  no-empty-character-class no-empty-pattern no-empty-static-block no-ex-assign no-extra-boolean-cast no-fallthrough
  no-func-assign no-global-assign no-import-assign no-invalid-regexp no-irregular-whitespace no-loss-of-precision
  no-misleading-character-class no-new-native-nonconstructor no-obj-calls no-octal no-prototype-builtins no-redeclare
  no-regex-spaces no-self-assign no-setter-return no-shadow-restricted-names no-sparse-arrays no-this-before-super
  no-unassigned-vars no-undef no-unexpected-multiline no-unreachable no-unsafe-finally no-unsafe-negation
  no-unsafe-optional-chaining no-unused-labels no-unused-private-class-members no-useless-assignment
  no-useless-backreference no-useless-catch no-useless-escape no-with preserve-caught-error require-yield use-isnan
  valid-typeof
`
  .trim()
  .split(/\s+/);

const JEST = ['describe', 'test', 'it', 'expect', 'jest', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/files/**', '**/fixtures/**', '.nx/**', 'tmp/**'] },
  {
    // No comment can switch a rule off: an exception is a line of this file.
    linterOptions: { noInlineConfig: true },
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' }],
      eqeqeq: ['error', 'always'],
    },
  },
  { files: ['**/*.{ts,mjs,cjs,js}'], plugins: { terms: { rules: { retired: retiredTerms } } } },
  { files: ['**/*.{ts,mjs,cjs,js}'], ignores: ['tools/lint/words.mjs'], rules: { 'terms/retired': 'error' } },
  ...LAYERS.flatMap(layerRules),
);

/** One rule for each depth of folders in a room, because an import is written relative to its file. */
function layerRules({ src, room, only = '*.ts', rooms, files = [], packages, typesOnly = [], except = [] }) {
  const base = `${src}/${room}`;
  return [0, 1, 2].map((depth) => {
    const up = '../'.repeat(room.split('/').length + depth);
    const inside = depth === 0 ? '\\./(?!\\.)' : `(?:\\./|(?:\\.\\./){1,${depth}})(?!\\.)`;
    const others = [...rooms.map((other) => `${up}${other}/**`), ...files.map((file) => `${up}${file}`), ...packages];
    return {
      files: [`${base}/${'*/'.repeat(depth)}${only}`],
      ignores: ['**/*.spec.ts', ...except.map((file) => `${base}/${file}`)],
      rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: restricted(inside, others, typesOnly) }] },
    };
  });
}

function restricted(inside, others, typesOnly) {
  const message = 'This room may not import that: see LAYERS in eslint.config.mjs.';
  const refuse = `^(?!${inside})(?!(?:${[...others, ...typesOnly].map(pattern).join('|')})$)`;
  const patterns = [{ regex: refuse, message }];
  if (typesOnly.length > 0)
    patterns.push({
      regex: `^(?:${typesOnly.map(pattern).join('|')})$`,
      message: `${message} Its types may be.`,
      allowTypeImports: true,
    });
  return patterns;
}

/** `*` is a part of a path, `**` any number of parts, `{a,b}` a choice. */
function pattern(glob) {
  return glob
    .replace(/[.+^$()|[\]\\/]/g, '\\$&')
    .replace(/\{([^}]*)\}/g, (_, choices) => `(?:${choices.split(',').join('|')})`)
    .replace(/\*\*/g, '\u0000')
    .replace(/\*/g, '[^/]*')
    .replace(/\u0000/g, '.*');
}
