import type { CreateDependencies, DependencyType, RawProjectGraphDependency } from '@nx/devkit';
import { builtBaseImage, readWorkspace } from '@kdcube/release/internal';
import { diskFiles } from '../workspace/disk';
import { parsePluginOptions, releaseProjectName, type PluginOptions } from '../plugin-options';

/** Not imported: @nx/devkit takes as long to load as the rest of the plugin, at every Nx command. */
const IMPLICIT = 'implicit' as DependencyType.implicit;

/** An image depends on the bundles that its pin names; `release` depends on all images, those of the platform too. */
export const createDependencies: CreateDependencies<PluginOptions> = (options, context) => {
  const { options: settings } = parsePluginOptions(options);
  const workspace = readWorkspace(diskFiles(context.workspaceRoot), settings);
  const has = (project: string) => Object.hasOwn(context.projects, project);
  const edge = (source: string, target: string): RawProjectGraphDependency[] =>
    has(source) && has(target) && source !== target ? [{ source, target, type: IMPLICIT }] : [];
  const { images, platform, built } = workspace.pins;
  const baseOf = (base: string) => (workspace.release && builtBaseImage(base, workspace.release)) ?? '';
  const release = releaseProjectName(settings);
  const ofImages = images.flatMap<RawProjectGraphDependency>(({ subject, pin }) => [
    ...edge(release, subject.name),
    // A stale pin still lists the bundles of the last image. Without a pin, release.yaml lists them.
    ...(subject.question?.built ?? []).flatMap((base) => edge(subject.name, baseOf(base))),
    ...(pin?.bundles ?? subject.question?.bundles ?? []).flatMap((id) => edge(subject.name, id)),
  ]);
  return [...ofImages, ...[...platform, ...built].flatMap(({ subject }) => edge(release, subject.name))];
};
