import type { Place, Problem } from '@kdcube/release/internal';
import { DEFAULT_TAG_PREFIX, generations, KdcubeError, ONCE } from '@kdcube/release/internal';
import * as z from 'zod';
import { issueText, unknownOption } from './option-problems';
import { VERB_NAMES, type Verb } from './verbs';

const targetNames = Object.fromEntries(
  VERB_NAMES.map((verb) => [verb, z.string().min(1).optional().describe(`The name of the target \`${verb}\`.`)]),
) as Record<Verb, z.ZodOptional<z.ZodString>>;

/** The plugin's options in nx.json. docs/executors.md and options.schema.json are printed from it. */
export const PluginOptions = z.strictObject({
  project: z
    .string()
    .regex(/^[A-Za-z0-9][\w@/.-]{0,99}$/)
    .optional()
    .describe(
      'The name of the project of release.yaml. Needed where another project has the default name, or the root has a project of its own.',
    )
    .meta({ default: 'release', examples: ['kdcube-release'] }),
  registry: z
    .string()
    .optional()
    .describe('Where images go: a host with an optional path. `--registry` and KDCUBE_REGISTRY take precedence.')
    .meta({ examples: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme'] }),
  platformRegistry: z
    .string()
    .optional()
    .describe('Where the platform’s images are, if not in `registry`. KDCUBE_PLATFORM_REGISTRY takes precedence.')
    .meta({ examples: ['docker.io/kdcube'] }),
  images: z
    .record(z.string(), z.string().min(1))
    .optional()
    .describe(
      'Dockerfiles outside `images/`, by the name of their image: they stay where they are. Their folder is the build context, with the bundles in `./bundles`.',
    )
    .meta({ examples: [{ 'kdcube-chat-proc-bundled': 'ops/docker/Dockerfile_ChatProcBundled' }] }),
  platform: z.string().optional().describe('The OCI platform of the images.').meta({ default: 'linux/amd64' }),
  engine: z
    .enum(['auto', 'oci', 'buildx', 'podman'])
    .optional()
    .describe(
      'What builds images: `oci` (no container engine), `buildx`, `podman`, or `auto`: oci if the Dockerfile allows it, else the first engine that runs.',
    )
    .meta({ default: 'auto' }),
  trustRegistry: z
    .boolean()
    .optional()
    .describe(
      'Accept an image that cannot be verified for its tag `c-<key>` alone: one that an engine built elsewhere, or whose bundles cannot be read. Anyone with write access to the image repository then decides what is deployed. Receipts say so.',
    )
    .meta({ default: false }),
  signatureKeys: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Files of the workspace with the public keys whose signatures of images count, in PEM format. An image that an engine built elsewhere, or whose bundles cannot be read, is accepted with such a signature. An environment can name its own keys, and require signatures.',
    )
    .meta({ examples: [['keys/release.pub']] }),
  tagPrefix: z.string().optional().describe('The prefix of branch and commit tags.').meta({ default: DEFAULT_TAG_PREFIX }),
  generation: z
    .enum(generations)
    .optional()
    .describe('The platform’s generation. Default: derived from platform.ref if that is a calendar version.'),
  mode: z
    .enum(['baked', 'git'])
    .optional()
    .describe('How bundles reach the platform: `baked` into its images, or cloned by it (`git`).')
    .meta({ default: 'baked' }),
  alwaysPull: z
    .boolean()
    .optional()
    .describe('In git mode, set BUNDLE_GIT_ALWAYS_PULL=1; only then may a ref be a branch.')
    .meta({ default: false }),
  examples: z.boolean().optional().describe('Whether the platform also offers its own examples.').meta({ default: false }),
  bootBeforePush: z
    .boolean()
    .optional()
    .describe(
      'Whether `docker-push` runs `boot` first, for every image that holds bundles, with the same options. To set it up by hand, in targetDefaults of nx.json: `{"docker-push": {"dependsOn": [{"target": "boot", "params": "forward"}]}}`.',
    )
    .meta({ default: false }),
  targetNames: z
    .strictObject(targetNames)
    .optional()
    .describe(`Other names for targets, by their name here: ${VERB_NAMES.map((name) => `\`${name}\``).join(', ')}.`)
    .meta({ examples: [{ 'docker-push': 'push' }] }),
});
export type PluginOptions = z.infer<typeof PluginOptions>;

/** The name of the project of release.yaml. */
export function releaseProjectName({ project }: PluginOptions): string {
  return project ?? 'release';
}

/** The name of a verb's target in this workspace. */
export function targetName(name: Verb, { targetNames }: PluginOptions): string {
  return targetNames?.[name] ?? name;
}

/** `nx run <project>:<target>`, and the target of `nx affected` and `nx run-many`. */
const COMMANDS =
  /\b(nx run )([\w@/.-]+):([a-z][a-z-]*)|\b(nx (?:affected|run-many)(?: --?[\w=,./-]+)*? (?:-t|--target|--targets)[ =])([a-z][a-z-]*)/g;

/**
 * Replaces the names in commands that a message suggests: `nx run release:plan` names the project and the target as they are called by default, and this workspace may call them otherwise.
 * One place for all messages, because the core knows nothing of Nx.
 */
export function commandRewriter(options: PluginOptions): (text: string) => string {
  if (options.project === undefined && options.targetNames === undefined) return (text) => text;
  // The result may be a line of JSON: names with quotes stay as they are called by default.
  const target = (name: string) => {
    const own = (VERB_NAMES as readonly string[]).includes(name) ? targetName(name as Verb, options) : name;
    return /^[\w@/.:-]+$/.test(own) ? own : name;
  };
  return (text) =>
    text.replace(COMMANDS, (_, run: string | undefined, project: string, verb: string, many: string, verbOfMany: string) =>
      run === undefined
        ? `${many}${target(verbOfMany)}`
        : `${run}${project === 'release' ? releaseProjectName(options) : project}:${target(verb)}`,
    );
}

/**
 * The valid options of the plugin, and what is wrong with the others: the graph never throws for a typo in nx.json (HOUSE law 7), but ignores it. Every
 * executor and generator refuses it.
 */
export function parsePluginOptions(raw: unknown): { options: PluginOptions; problems: Problem[] } {
  const read = PluginOptions.safeParse(raw ?? {}, ONCE);
  if (read.success) return { options: read.data, problems: [] };
  const { issues } = read.error;
  const valid = PluginOptions.safeParse(issues.flatMap(pathsOf).reduce(withoutPath, raw), ONCE);
  return { options: valid.success ? valid.data : {}, problems: issues.flatMap(problemsOf) };
}

/** The plugin's options in nx.json; none if the plugin is not listed, or listed by its name only. */
export function pluginOptions(
  nxJson: { plugins?: readonly (string | { plugin: string; options?: unknown })[] } | undefined | null,
): PluginOptions {
  const entry = nxJson?.plugins?.find((plugin) => typeof plugin !== 'string' && plugin.plugin === '@kdcube/nx');
  const { options, problems } = parsePluginOptions(typeof entry === 'object' ? entry.options : undefined);
  if (problems.length > 0) throw new KdcubeError(problems);
  return options;
}

function pathsOf(issue: z.core.$ZodIssue): PropertyKey[][] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

function withoutPath(value: unknown, [key, ...rest]: PropertyKey[]): unknown {
  if (typeof value !== 'object' || value === null || key === undefined) return {};
  const entries = Object.entries(value).filter(([name]) => name !== key || rest.length > 0);
  return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? withoutPath(inner, rest) : inner]));
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const at = (path: readonly PropertyKey[]): Place => ({
    file: 'nx.json',
    path: ['@kdcube/nx', 'options', ...path].map(String).join('.'),
  });
  if (issue.code !== 'unrecognized_keys')
    return [{ code: 'wrong-option', message: `${issue.path.join('.') || 'options'}: ${issueText(issue)}.`, at: at(issue.path) }];
  const names = issue.path.length === 0 ? Object.keys(PluginOptions.shape) : VERB_NAMES;
  return issue.keys.map((key) => unknownTargetOption(key, at(issue.path)) ?? unknownOption(key, names, '', at(issue.path)));
}

/** The form that other Nx plugins use. */
function unknownTargetOption(key: string, at: Place): Problem | undefined {
  const name = /^(\w+)TargetName$/.exec(key)?.[1]?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (name === undefined || !VERB_NAMES.some((verb) => verb === name)) return undefined;
  return { code: 'wrong-option', message: `There is no option ${key}.`, hint: `"targetNames": {"${name}": "…"}`, at };
}
