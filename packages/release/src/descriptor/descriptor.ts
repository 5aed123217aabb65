import type { Problem } from '../problem/problem';
import { KdcubeError, quoted } from '../problem/problem';
import { GENERATIONS } from '../platform/generation';
import type { DescriptorKind } from '../platform/generation';
import type { BundlePin } from '../release/pin';
import { withoutSecrets } from '../release/refs';
import { parseRepo } from '../release/repo-url';
import type { Bundle, PinnedBundle, Release } from '../release/release';
import { BUNDLES_ROOT } from '../release/release';
import { yamlText } from '../document/yaml-text';

/**
 * One Release, two descriptors (HOUSE §9.3): `env-json` is AGENTIC_BUNDLES_JSON, always in the map form, because the inline list form
 * empties the platform's registry; `bundles-yaml` is /config/bundles.yaml, for platforms since 2026-04-19, which no longer read the
 * variable.
 */
export interface DescriptorOptions {
  /** Default: the kind that the platform's generation reads. */
  kind?: DescriptorKind;
  /** `baked`: the bundles are in the images. `git`: the platform clones them. */
  mode: 'baked' | 'git';
  alwaysPull?: boolean;
  examples?: boolean;
}

/** The bundle descriptor of a release: its data, the files to write, and its settings. */
export interface DescriptorPlan {
  kind: DescriptorKind;
  mode: 'baked' | 'git';
  /** The descriptor's content, as data. */
  descriptor: Record<string, unknown>;
  /** The variables of proc that this descriptor requires: without them the platform would treat it differently. */
  env: Record<string, string>;
  /** The files to write, by name. */
  files: Record<string, string>;
}

type Entry = Record<string, unknown>;

/** Plans the bundle descriptor of a release. Pins are needed for pinned bundles only. Throws all problems at once. */
export function planDescriptor(
  release: Release,
  pins: ReadonlyMap<string, BundlePin>,
  options: DescriptorOptions,
): DescriptorPlan {
  const kind = options.kind ?? GENERATIONS[release.generation].descriptor;
  const problems: Problem[] = [];
  if (release.bundles.length === 0) {
    problems.push({
      code: 'no-bundles',
      message: 'The release has no bundles: the platform rejects a descriptor without any.',
      hint: 'nx g @kdcube/nx:bundle my-bundle',
    });
  }
  const entries = release.bundles.map((bundle) =>
    entryOf(bundle, pins.get(bundle.id), { release, kind, mode: options.mode, problems }),
  );
  if (problems.length > 0) throw new KdcubeError(problems);
  const settings = toggles(kind, options);
  if (kind === 'bundles-yaml') {
    const descriptor = { bundles: { version: '1', default_bundle_id: release.defaultBundleId, items: entries } };
    const env = { ...settings, BUNDLES_YAML_DESCRIPTOR_PATH: '/config/bundles.yaml' };
    return {
      kind,
      mode: options.mode,
      descriptor,
      env,
      files: { 'bundles.yaml': yamlText(descriptor), 'descriptor.env': envText(env) },
    };
  }
  const descriptor = {
    default_bundle_id: release.defaultBundleId,
    bundles: Object.fromEntries(entries.map((entry) => [entry.id as string, entry])),
  };
  const env = { ...settings, AGENTIC_BUNDLES_JSON: oneLine(descriptor) };
  const mounted = { bundles: { default_bundle_id: release.defaultBundleId, items: entries } };
  return {
    kind,
    mode: options.mode,
    descriptor,
    env,
    files: {
      'agentic-bundles.json': `${JSON.stringify(descriptor, null, 2)}\n`,
      'descriptor.env': envText(env),
      'release.yaml': yamlText(mounted),
    },
  };
}

interface EntryContext {
  release: Release;
  kind: DescriptorKind;
  mode: 'baked' | 'git';
  problems: Problem[];
}

function entryOf(bundle: Bundle, pin: BundlePin | undefined, context: EntryContext): Entry {
  const { release, kind, mode } = context;
  const configKey = GENERATIONS[release.generation].config ?? (kind === 'bundles-yaml' ? 'config' : 'props');
  const common = {
    id: bundle.id,
    ...(bundle.name !== undefined && { name: bundle.name }),
    ...(bundle.description !== undefined && { description: bundle.description }),
    ...(bundle.singleton !== undefined && { singleton: bundle.singleton }),
  };
  const config = bundle.config && { [configKey]: bundle.config };
  if (mode === 'git') return { ...common, ...gitSource(bundle, pin, context), ...config };
  const source = bundle.kind === 'pinned' ? tracing(bundle, pin, release, kind) : {};
  return { ...common, path: BUNDLES_ROOT, module: bundle.module, ...source, ...config };
}

/** The origin of a baked bundle. Today's platform clones any `repo` it finds: its descriptor has only the commit. */
function tracing(bundle: PinnedBundle, pin: BundlePin | undefined, release: Release, kind: DescriptorKind): Entry {
  const commit = pin && { git_commit: pin.commit };
  if (kind === 'bundles-yaml') return { ...commit };
  // A bare name that only this clone's remote could resolve is not resolved: two clones must give the same descriptor.
  return { repo: withoutSecrets(urlOf(bundle, release)), ref: bundle.ref, subdir: bundle.subdir, ...commit };
}

/** The repository from `repos:`, else as the bundle names it. */
function urlOf(bundle: PinnedBundle, { repos }: Release): string {
  return Object.hasOwn(repos, bundle.repo) ? repos[bundle.repo]! : bundle.repo;
}

function gitSource(bundle: Bundle, pin: BundlePin | undefined, { release, kind, problems }: EntryContext): Entry {
  if (bundle.kind === 'workspace') {
    problems.push({
      code: 'missing-ref',
      message: `${quoted(bundle.id)} is a workspace bundle: in git mode the platform clones bundles, but this one has no repo and ref.`,
      hint: 'tag this repository, then write repo: and ref: in release.yaml',
    });
    return {};
  }
  const url = urlOf(bundle, release);
  const place = parseRepo(url);
  if ('code' in place || place.kind === 'name') {
    problems.push({
      code: 'unknown-repo',
      message: `${quoted(bundle.repo)} is a name, but in git mode the platform needs a URL.`,
      hint: `repos:\n  ${bundle.repo}: git@…`,
    });
    return {};
  }
  const source = { repo: withoutSecrets(url), ref: bundle.ref };
  const commit = pin && { git_commit: pin.commit };
  const folder = pin?.path.split('/').pop() ?? bundle.id;
  if (!folder.includes('.')) return { ...source, subdir: bundle.subdir, module: `${folder}.entrypoint`, ...commit };
  if (kind === 'bundles-yaml')
    return { ...source, subdir: pin?.path ?? `${bundle.subdir}/${bundle.id}`, module: 'entrypoint', ...commit };
  problems.push({
    code: 'module-mismatch',
    message: `${quoted(bundle.id)} cannot be cloned by this platform: the folder ${quoted(folder)} has a dot, which the loader would read as two folders.`,
    hint: `rename the folder to ${bundle.folder} in its repository, or bake the bundles`,
  });
  return {};
}

function toggles(kind: DescriptorKind, { mode, alwaysPull, examples }: DescriptorOptions): Record<string, string> {
  return {
    ...(kind === 'env-json' ? { AGENTIC_BUNDLES_ROOT: BUNDLES_ROOT } : { BUNDLES_ROOT }),
    BUNDLES_INCLUDE_EXAMPLES: examples ? '1' : '0',
    // The default is 1: the platform would clone baked bundles and replace their path.
    BUNDLE_GIT_RESOLUTION_ENABLED: mode === 'git' ? '1' : '0',
    ...(mode === 'git' && { BUNDLE_GIT_REDIS_LOCK: '1', BUNDLE_GIT_ALWAYS_PULL: alwaysPull ? '1' : '0' }),
  };
}

/** JSON on one line, ASCII only and without single quotes: valid in a task definition, and in single quotes in an env file. */
export function oneLine(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff']/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** For compose's env_file, in which single quotes prevent expansion. */
function envText(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${/^[\w./:-]*$/.test(value) ? value : `'${value}'`}\n`)
    .join('');
}
