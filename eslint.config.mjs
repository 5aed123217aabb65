import tseslint from 'typescript-eslint';

/**
 * Who may import what (docs/architecture.md). `may` lists everything that a layer can name; whatever is not listed is refused. Spec files may import anything.
 * Kept by ESLint's own no-restricted-imports: a plugin that needs a project graph would skip itself where there is none.
 */
const LAYERS = [
  { files: 'packages/release/src/problem.ts', may: [] },
  { files: 'packages/release/src/model/*.ts', may: ['./*', './*/*', '../problem', 'yaml', 'zod', 'node:crypto'] },
  { files: 'packages/release/src/model/*/*.ts', may: ['./*', '../*', '../*/*', '../../problem', 'zod'] },
  { files: 'packages/release/src/plan/*.ts', may: ['./*', './*/*', '../model/*', '../problem', 'yaml', 'zod', 'node:crypto'] },
  {
    files: 'packages/release/src/plan/*/*.ts',
    may: ['./*', '../*', '../*/*', '../../model/*', '../../model/*/*', '../../problem', 'zod'],
  },
  {
    files: 'packages/release/src/ecs/*/*.ts',
    may: [
      './*',
      '../*/*',
      '../../plan/*',
      '../../plan/*/*',
      '../../model/*',
      '../../model/*/*',
      '../../problem',
      'zod',
      'node:crypto',
    ],
  },
  { files: 'packages/nx/src/disk.ts', may: ['@kdcube/release', 'node:fs', 'node:path'] },
  {
    files: 'packages/nx/src/graph/*.ts',
    may: ['./*', '../disk', '../executors/*/schema.json', '@kdcube/release', '@nx/devkit', 'node:path'],
  },
  { files: 'packages/nx/src/effects/*.ts', may: ['./*', './*/*', '../disk', '@kdcube/release', 'node:**'] },
  { files: 'packages/nx/src/effects/*/*.ts', may: ['./*', '../*', '../*/*', '@kdcube/release', 'node:**'] },
  {
    files: 'packages/nx/src/effects/ecs/**/*.ts',
    may: [
      './*',
      './api/*',
      '../*',
      '../*/*',
      '../*/api/*',
      '../../*',
      '../../*/*',
      '@kdcube/release',
      'node:**',
      '@aws-sdk/*',
      '@smithy/*',
    ],
  },
  // An image is built; what is built is pushed, or booted.
  {
    files: 'packages/nx/src/effects/images/build/*.ts',
    may: ['./*', '../*', '../../*', '../../{git,oci,registry}/*', '@kdcube/release', 'node:**'],
  },
  {
    files: 'packages/nx/src/effects/images/{push,boot}/*.ts',
    may: ['./*', '../*', '../build/*', '../../*', '../../{git,oci,registry}/*', '@kdcube/release', 'node:**'],
  },
  // A registry's client, a git mirror and an image made by arithmetic know nothing of releases, images as projects or each other's commands.
  { files: 'packages/nx/src/effects/git/*.ts', may: ['./*', '../{exec,files,lock,log,signals}', '@kdcube/release', 'node:**'] },
  {
    files: 'packages/nx/src/effects/registry/*.ts',
    may: ['./*', '../{aws-error,exec,files,log,parallel,signals}', '@kdcube/release', 'node:**', '@aws-sdk/*'],
  },
  {
    files: 'packages/nx/src/effects/oci/*.ts',
    may: ['./*', '../{files,log,parallel,stage}', '../git/{store,tree}', '../registry/*', '@kdcube/release', 'node:**'],
  },
  {
    files: 'packages/nx/src/executors/**/*.ts',
    may: [
      './*',
      './*/schema',
      '../*',
      '../../effects/*',
      '../../effects/*/*',
      '../../effects/{ecs,images}/*/*',
      '../effects/*',
      '../effects/*/*',
      '../effects/ecs/*/*',
      '../*/schema',
      '../../graph/options',
      '../graph/options',
      '../../disk',
      '../schema-json',
      '@kdcube/release',
      'zod',
      'node:path',
    ],
    typesOnly: ['@nx/devkit'],
  },
  {
    files: 'packages/nx/src/generators/**/*.ts',
    may: [
      './*',
      './*/schema',
      '../*',
      '../*/*',
      '../../graph/options',
      '../graph/options',
      '../../schema-json',
      '../schema-json',
      '@kdcube/release',
      '@nx/devkit',
      'zod',
      'node:path',
    ],
  },
  // The one generator with effects: the callback of the sync generator asks remotes and registries, and only `nx sync` runs it.
  {
    files: 'packages/nx/src/generators/pins/resolve.ts',
    may: [
      './*',
      '../../graph/options',
      '../../effects/{files,log,undo}',
      '../../effects/{git,registry}/*',
      '../../effects/images/registries',
      '@kdcube/release',
      'node:fs',
      'node:path',
    ],
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
  {
    linterOptions: { noInlineConfig: true },
    files: ['**/*.{mjs,cjs,js}'],
    extends: [tseslint.configs.recommended],
    languageOptions: { globals: globalsOf(Object.getOwnPropertyNames(globalThis)) },
    rules: {
      ...Object.fromEntries(CORE_RULES.map((name) => [name, 'error'])),
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['**/*.{cjs,js}'],
    languageOptions: { sourceType: 'commonjs', globals: globalsOf(['__dirname']) },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  { files: ['**/*.spec.mjs', 'packages/ecs-double/conformance/python.mjs'], languageOptions: { globals: globalsOf(JEST) } },
  ...LAYERS.map(({ files, may, typesOnly = [] }) => ({
    files: [files],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: restricted(may, typesOnly) }] },
  })),
);

function globalsOf(names) {
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}

function restricted(may, typesOnly) {
  const message = 'This layer may not import that: see LAYERS in eslint.config.mjs.';
  const refuse = (allowed) => `^(?!(?:${allowed.map(pattern).join('|')})$)`;
  const patterns = [{ regex: refuse([...may, ...typesOnly]), message }];
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
