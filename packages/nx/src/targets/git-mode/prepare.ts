import type { BundlePin, DescriptorPlan, Environment, Problem, WorkspaceSource } from '@kdcube/release/internal';
import { descriptorOptions, planDescriptor } from '@kdcube/release/internal';
import type { Log } from '../../system/log';
import { configuredRegistry } from '../../workspace/environment';
import type { Registries } from '../../workspace/registries';
import { requireBundlePin, type OpenRelease } from '../../workspace/workspace';
import { usePlatformImages } from './images';
import { workspaceSources } from './sources';

export interface PreparedBundles {
  /** In git mode: without the images that only have the bundles. */
  environment: Environment;
  descriptor: DescriptorPlan;
  /** In git mode, by workspace bundle. */
  sources: ReadonlyMap<string, WorkspaceSource>;
  notes: Problem[];
}

/** How an environment gets the bundles of this release: in images, or cloned by the platform. Reads only this checkout. Throws all problems at once. */
export async function prepareBundles(
  open: OpenRelease,
  environment: Environment,
  registries: Registries,
  log: Log,
): Promise<PreparedBundles> {
  const pins = bundlePins(open);
  if (environment.bundles.mode === 'baked')
    return {
      environment,
      descriptor: planDescriptor(open.release, pins, descriptorOptions(environment)),
      sources: new Map(),
      notes: [],
    };
  const registry = configuredRegistry(environment, registries);
  const found = usePlatformImages(open, environment, { ...registries, registry, platform: registries.platform ?? registry });
  const { sources, notes } = await workspaceSources(open, environment, log);
  const descriptor = planDescriptor(open.release, pins, descriptorOptions(environment), sources);
  return { environment: found.environment, descriptor, sources, notes: [...found.notes, ...notes] };
}

function bundlePins(open: OpenRelease): Map<string, BundlePin> {
  return new Map(
    open.release.bundles.flatMap((bundle) =>
      bundle.kind === 'pinned' ? [[bundle.id, requireBundlePin(open, bundle)] as const] : [],
    ),
  );
}
