/**
 * Every target of this plugin, in the order in which a release meets them. The graph's targets, executors.json, the schema.json files, the names in
 * `targetNames` and the docs are printed or derived from this list: a new executor is its folder in executors/ and its line here.
 * Data only: the graph is loaded at every Nx command.
 */
export interface VerbEntry {
  /** The kind of project that has the target. */
  project: 'bundle' | 'image' | 'release';
  /** The published images of the platform have the target too. */
  published?: true;
  /** Only projects with this: a bundle with tests, an image with bundles in it. */
  only?: 'tests' | 'bundles';
  /** When Nx may cache it (HOUSE law 2); never by default. No target with --dryRun: Nx would restore what lay in dist during the dry run. */
  cache?: 'always' | 'if-stageable' | 'if-daemonless';
  /** `own`: the project's files and its pin. `modes`: the file modes in git, which Nx does not hash. Everything else is an input of Nx. */
  inputs?: readonly string[];
  /** `{name}` is the project's name. */
  outputs?: readonly string[];
  /** Plugin options that become options of the target, so that Nx hashes them. */
  pluginOptions?: readonly ('platform' | 'generation' | 'mode' | 'alwaysPull' | 'examples')[];
  /** One Nx configuration for each environment: `nx run release:plan:prod`. */
  environments?: true;
  /** A target of the same project that runs first, when the plugin option is set. It gets the same options. */
  runFirst?: { verb: 'boot'; when: 'bootBeforePush' };
  /** One process runs all tasks of an Nx run (`batch.ts`). */
  batch?: true;
  /** The executor checks its options itself, as batched ones do. */
  checksOptions?: true;
  /** A shell command in the project's folder, instead of an executor. */
  command?: { run: string; env: Record<string, string>; description: string; example: string };
}

const RELEASE = '{workspaceRoot}/release.yaml';
const ALL_PINS = '{workspaceRoot}/pins/**/*';
const DEPLOYED = [RELEASE, ALL_PINS, '{workspaceRoot}/environments/*', '^source'];
const RULES = ['generation', 'mode', 'alwaysPull', 'examples'] as const;
const TEST = {
  run: 'python3 -m unittest discover -s tests',
  env: { PYTHONDONTWRITEBYTECODE: '1' },
  description: 'Run the bundle’s own tests with plain python3. Needs no platform.',
  example: 'nx affected -t test',
};

// prettier-ignore
const VERBS = {
  validate: { project: 'release', inputs: [RELEASE, ALL_PINS, '^source'], pluginOptions: RULES },
  test: { project: 'bundle', only: 'tests', cache: 'always', inputs: ['own'], command: TEST },
  stage: { project: 'bundle', cache: 'if-stageable', inputs: ['source', 'modes'], outputs: ['{workspaceRoot}/dist/stage/{name}'], batch: true },
  descriptor: { project: 'release', inputs: [RELEASE, '{workspaceRoot}/pins/bundles/*/pin.json'], outputs: ['{workspaceRoot}/dist/release'], pluginOptions: RULES },
  'docker-build': { project: 'image', cache: 'if-daemonless', inputs: ['own', '^source', 'modes'], outputs: ['{workspaceRoot}/dist/build/{name}'], pluginOptions: ['platform'], batch: true },
  boot: { project: 'image', only: 'bundles', inputs: ['own', '^source'], pluginOptions: ['platform'], checksOptions: true },
  'docker-push': { project: 'image', published: true, inputs: ['own', '^source'], pluginOptions: ['platform'], runFirst: { verb: 'boot', when: 'bootBeforePush' }, batch: true },
  images: { project: 'release', inputs: [RELEASE, ALL_PINS] },
  env: { project: 'release', inputs: DEPLOYED, outputs: ['{workspaceRoot}/dist/env'], environments: true },
  plan: { project: 'release', inputs: DEPLOYED, environments: true },
  verify: { project: 'release', inputs: DEPLOYED, environments: true },
  'import-ecs': { project: 'release' },
  'import-compose': { project: 'release' },
  deploy: { project: 'release', inputs: DEPLOYED, environments: true },
  'deploy-ecs': { project: 'release', inputs: DEPLOYED, environments: true },
  'deploy-compose': { project: 'release', inputs: DEPLOYED, environments: true },
  rollback: { project: 'release', inputs: DEPLOYED, environments: true },
  continue: { project: 'release', inputs: DEPLOYED, environments: true },
  status: { project: 'release', inputs: DEPLOYED, environments: true },
  history: { project: 'release', inputs: DEPLOYED, environments: true },
  logs: { project: 'release', inputs: DEPLOYED, environments: true },
  tag: { project: 'release', inputs: [RELEASE, ALL_PINS] },
  prune: { project: 'release' },
  explain: { project: 'release' },
} as const satisfies Record<string, VerbEntry>;

export type Verb = keyof typeof VERBS;

export const VERB_NAMES = Object.keys(VERBS) as readonly Verb[];

/** The same list without its literal types. */
export function verbEntry(verb: Verb): VerbEntry {
  return VERBS[verb];
}
