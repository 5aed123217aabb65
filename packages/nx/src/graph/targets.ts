import type { TargetConfiguration } from '@nx/devkit';
import type { PluginOptions } from '../plugin-options';
import { commandRewriter, targetName } from '../plugin-options';
import { VERB_NAMES, verbEntry, type Verb, type VerbEntry } from '../verbs';
import docs from './target-docs.json';

/** What the targets of one project depend on. */
export interface ProjectFacts {
  /** `published`: an image of the platform that is copied, not built. */
  kind: VerbEntry['project'] | 'published';
  name: string;
  root: string;
  /** The project's files and its pin. */
  own: readonly string[];
  /** The file modes in git: they are part of the hash, not of what is affected. */
  modes?: readonly { runtime: string }[];
  /** What the project has: see `only` of a verb. */
  has?: readonly VerbEntry['only'][];
  /** The caching conditions that hold: see `cache` of a verb. */
  cacheable?: readonly VerbEntry['cache'][];
  environments?: readonly string[];
  /** The images that it depends on must be pushed before it is built. */
  needsPushed?: boolean;
}

interface TargetDoc {
  description: string;
  command: string;
  options: Record<string, { description: string; default?: unknown; example?: unknown }>;
}

const DOCS: Partial<Record<Verb, TargetDoc>> = docs;

/** The targets that build an image. */
const NEEDS_PUSHED: ReadonlySet<Verb> = new Set(['docker-build', 'docker-push', 'boot']);

/** The targets of one project, by the names that they have in this workspace. */
export function targetsOf(facts: ProjectFacts, options: PluginOptions): Record<string, TargetConfiguration> {
  const verbs = VERB_NAMES.filter((verb) => hasVerb(verb, facts));
  return Object.fromEntries(verbs.map((verb) => [targetName(verb, options), targetOf(verb, facts, options)]));
}

function hasVerb(verb: Verb, { kind, has }: ProjectFacts): boolean {
  const { project, only, published } = verbEntry(verb);
  return (kind === 'published' ? published === true : project === kind) && (only === undefined || has?.includes(only) === true);
}

function targetOf(verb: Verb, facts: ProjectFacts, plugin: PluginOptions): TargetConfiguration {
  const { cache, inputs, outputs, pluginOptions, environments, command, runFirst } = verbEntry(verb);
  const given = (pluginOptions ?? []).map((name) => [name, plugin[name]] as const).filter(([, value]) => value !== undefined);
  const options = command ? { command: command.run, cwd: facts.root, env: command.env } : Object.fromEntries(given);
  const configurations = (facts.environments ?? []).map((name) => [name, { environment: name }] as const);
  const first =
    runFirst && plugin[runFirst.when] && hasVerb(runFirst.verb, facts) ? targetName(runFirst.verb, plugin) : undefined;
  const pushed = facts.needsPushed && NEEDS_PUSHED.has(verb);
  // Without its parameters, boot would test an image built with other options than the pushed one.
  const dependsOn: NonNullable<TargetConfiguration['dependsOn']> = [
    ...(first ? [{ target: first, params: 'forward' as const }] : []),
    ...(pushed
      ? [
          {
            target: targetName('docker-push', plugin),
            dependencies: true,
            ...(verb !== 'boot' && { params: 'forward' as const }),
          },
        ]
      : []),
  ];
  return {
    executor: command ? 'nx:run-commands' : `@kdcube/nx:${verb}`,
    cache: cache === 'always' || (cache !== undefined && facts.cacheable?.includes(cache) === true),
    ...(inputs && { inputs: inputs.flatMap((input) => expandInput(input, facts)) }),
    ...(outputs && { outputs: outputs.map((output) => output.replace('{name}', facts.name)) }),
    ...(Object.keys(options).length > 0 && { options }),
    ...(environments && { configurations: Object.fromEntries(configurations) }),
    ...(dependsOn.length > 0 && { dependsOn }),
    metadata: metadataOf(verb, plugin),
  };
}

function expandInput(input: string, { own, modes = [] }: ProjectFacts): NonNullable<TargetConfiguration['inputs']> {
  if (input === 'own') return [...own];
  return input === 'modes' ? [...modes] : [input];
}

/** What `nx show project` prints: what the target does, an example to type, and every option. */
function metadataOf(verb: Verb, plugin: PluginOptions): TargetConfiguration['metadata'] {
  const { command } = verbEntry(verb);
  const { description, command: example, options } = DOCS[verb] ?? { ...command!, command: command!.example, options: {} };
  const examples = Object.entries(options).map(([name, option]) => [name, option.example]);
  return {
    technologies: ['kdcube'],
    description,
    help: { command: commandRewriter(plugin)(example), example: { options: Object.fromEntries(examples) } },
    options,
  };
}
