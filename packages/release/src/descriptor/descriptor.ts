import type { Problem } from '../problem/problem';
import { KdcubeError } from '../problem/problem';
import { GENERATIONS } from '../platform/generation';
import type { DescriptorKind } from '../platform/generation';
import type { BundlePin } from '../release/pin';
import { withoutSecrets } from '../release/refs';
import type { Bundle, PinnedBundle, Release } from '../release/release';
import { BUNDLES_ROOT } from '../release/release';
import { yamlText } from '../document/yaml-text';
import type { BundleClone, WorkspaceSource } from './git-source';
import { bundleClone } from './git-source';

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
  /** What the platform clones; empty if the bundles are baked. */
  clones: BundleClone[];
}

type Entry = Record<string, unknown>;

/**
 * Plans the bundle descriptor of a release. Pins are needed for pinned bundles only, and `sources` for workspace bundles in git mode only. Throws all problems at once.
 */
export function planDescriptor(
  release: Release,
  pins: ReadonlyMap<string, BundlePin>,
  options: DescriptorOptions,
  sources: ReadonlyMap<string, WorkspaceSource> = new Map(),
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
  const clones: BundleClone[] = [];
  const context = { release, kind, alwaysPull: options.alwaysPull ?? false };
  const entries = release.bundles.map((bundle) => {
    const pin = pins.get(bundle.id);
    if (options.mode !== 'git') return bakedEntry(bundle, pin, context);
    const clone = bundleClone(bundle, pin, sources.get(bundle.id), context);
    if ('code' in clone) problems.push(clone);
    else clones.push(clone);
    return { ...common(bundle), ...('code' in clone ? {} : clonedSource(clone)), ...settingsOf(bundle, context) };
  });
  if (problems.length > 0) throw new KdcubeError(problems);
  const settings = toggles(kind, options);
  if (kind === 'bundles-yaml') {
    const descriptor = { bundles: { version: '1', default_bundle_id: release.defaultBundleId, items: entries } };
    const env = { ...settings, BUNDLES_YAML_DESCRIPTOR_PATH: '/config/bundles.yaml' };
    return {
      kind,
      mode: options.mode,
      clones,
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
    clones,
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
}

function common({ id, name, description, singleton }: Bundle): Entry {
  return {
    id,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(singleton !== undefined && { singleton }),
  };
}

function settingsOf(bundle: Bundle, { release, kind }: EntryContext): Entry {
  const key = GENERATIONS[release.generation].config ?? (kind === 'bundles-yaml' ? 'config' : 'props');
  return bundle.config ? { [key]: bundle.config } : {};
}

function bakedEntry(bundle: Bundle, pin: BundlePin | undefined, context: EntryContext): Entry {
  const source = bundle.kind === 'pinned' ? tracing(bundle, pin, context) : {};
  return { ...common(bundle), path: BUNDLES_ROOT, module: bundle.module, ...source, ...settingsOf(bundle, context) };
}

function clonedSource({ repo, ref, subdir, module, commit }: BundleClone): Entry {
  return { repo, ref, subdir, module, ...(commit !== undefined && { git_commit: commit }) };
}

/** The origin of a baked bundle. Today's platform clones any `repo` it finds: its descriptor has only the commit. */
function tracing(bundle: PinnedBundle, pin: BundlePin | undefined, { release, kind }: EntryContext): Entry {
  const commit = pin && { git_commit: pin.commit };
  if (kind === 'bundles-yaml') return { ...commit };
  // A bare name that only this clone's remote could resolve is not resolved: two clones must give the same descriptor.
  return { repo: withoutSecrets(urlOf(bundle, release)), ref: bundle.ref, subdir: bundle.subdir, ...commit };
}

/** The repository from `repos:`, else as the bundle names it. */
function urlOf(bundle: PinnedBundle, { repos }: Release): string {
  return Object.hasOwn(repos, bundle.repo) ? repos[bundle.repo]! : bundle.repo;
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
