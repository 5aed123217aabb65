import * as path from 'node:path';
import type { ProjectConfiguration } from '@nx/devkit';
import type { Bundle, Files, ImageFolder, Workspace } from '@kdcube/release/internal';
import {
  bundlePinFile,
  bundlePlaces,
  DEFAULT_PLATFORM,
  environmentNames,
  FRONTEND_PIN,
  idProblem,
  imagePinFile,
  isRefusal,
  platformArgs,
  readRecipe,
  REGISTRY_ARGS,
  unsafePath,
} from '@kdcube/release/internal';
import { releaseProjectName, type PluginOptions } from '../plugin-options';
import { targetsOf } from './targets';

type Projects = Record<string, ProjectConfiguration>;

/** The projects of a workspace by their root: one for each bundle, one for each image, and `release` (HOUSE §2). */
export function projectsOf(workspace: Workspace, files: Files, options: PluginOptions): Projects {
  const projects: Projects = {};
  const names = new Set([releaseProjectName(options)]);
  const add = (project: ProjectConfiguration) => {
    // Two projects with one name or root are a Problem of `validate`; the graph keeps the first one.
    if (names.has(project.name!) || projects[project.root]) return;
    names.add(project.name!);
    projects[project.root] = project;
  };
  for (const image of workspace.images) add(imageProject(image, workspace, files, options));
  for (const { subject, file } of workspace.pins.platform) add(platformProject('published', subject.name, file, options));
  for (const { subject, file } of workspace.pins.built) add(platformProject('image', subject.name, file, options));
  for (const bundle of workspace.release?.bundles ?? []) {
    // An unsafe path is a Problem of `validate`: no project may have its root outside the workspace.
    if (!idProblem(bundle.id) && !unsafePath(bundle.subdir)) add(bundleProject(bundle, workspace, files, options));
  }
  projects['.'] = releaseProject(environmentNames(files).names, options);
  return projects;
}

function bundleProject(bundle: Bundle, workspace: Workspace, files: Files, options: PluginOptions): ProjectConfiguration {
  const places = bundlePlaces(bundle);
  const place = placeOf(bundle, files);
  const pinFile = bundlePinFile(bundle.id);
  // A bundle without folder and pin is still a project: otherwise `run-many -t stage` would skip it and succeed.
  const root = place ?? (bundle.kind === 'pinned' ? path.posix.dirname(pinFile) : places[0]!);
  const source = [bundle.kind === 'pinned' ? `{workspaceRoot}/${pinFile}` : allOf(root)];
  const tested = place !== undefined && files.list(`${place}/tests`).some((file) => /^test.*\.py$/.test(file));
  return {
    name: bundle.id,
    root,
    projectType: 'library',
    namedInputs: { source },
    tags: ['kdcube:bundle', `kdcube:${bundle.kind}`],
    targets: targetsOf(
      {
        kind: 'bundle',
        name: bundle.id,
        root,
        own: [allOf(root)],
        modes: bundle.kind === 'workspace' ? modesOf([root]) : [],
        has: tested ? ['tests'] : [],
        // If stage would fail, it must run to fail: its inputs are unchanged, so the cache would restore the old content.
        cacheable: isStageable(bundle, workspace) && (bundle.kind === 'pinned' || isPlain(root)) ? ['if-stageable'] : [],
      },
      options,
    ),
  };
}

/** The folder of a bundle in this workspace, if it exists. */
function placeOf(bundle: Bundle, files: Files): string | undefined {
  return bundlePlaces(bundle).find((folder) => files.list(folder).length > 0);
}

/** File modes in git. Nx hashes only content, and would restore the old output after `chmod +x`. Without git, the task itself fails with the reason. */
function modesOf(folders: readonly string[]): { runtime: string }[] {
  const names = folders.filter(isPlain).map((folder) => `"${folder}"`);
  const listed = names.join(' ');
  return names.length === 0 ? [] : [{ runtime: `git ls-files -s -- ${listed} && git diff --summary -- ${listed} || echo none` }];
}

/** Whether a path needs no quoting in any shell. */
function isPlain(folder: string): boolean {
  return /^[\w@./+-]+$/.test(folder);
}

/** Whether the bundle can be staged, as far as the graph can tell: release.yaml has no problems, and the pin is up to date. */
function isStageable(bundle: Bundle, { problems, pins }: Workspace): boolean {
  if (problems.length > 0) return false;
  return bundle.kind === 'workspace' || pins.bundles.some(({ subject, fits }) => subject.id === bundle.id && fits);
}

function imageProject(image: ImageFolder, workspace: Workspace, files: Files, options: PluginOptions): ProjectConfiguration {
  const pinFiles = [imagePinFile(image.name), ...(hasFrontend(image, workspace) ? [FRONTEND_PIN] : [])];
  const source = [allOf(image.path), ...pinFiles.map((file) => `{workspaceRoot}/${file}`)];
  const bundleIds = bundlesOf(image, workspace);
  const inside = (workspace.release?.bundles ?? []).filter(({ kind, id }) => kind === 'workspace' && bundleIds.includes(id));
  const folders = [image.path, ...inside.map((bundle) => placeOf(bundle, files) ?? bundlePlaces(bundle)[0]!)];
  // A folder elsewhere may be a project already, or hold two images: then the pin's folder is the project's.
  const root = image.path === `images/${image.name}` ? image.path : path.posix.dirname(imagePinFile(image.name));
  return {
    name: image.name,
    root,
    projectType: 'application',
    namedInputs: { source },
    tags: ['kdcube:image'],
    targets: targetsOf(
      {
        kind: 'image',
        name: image.name,
        root,
        own: source,
        modes: modesOf(folders),
        has: bundleIds.length > 0 ? ['bundles'] : [],
        needsPushed: hasBuiltBase(image, workspace),
        // An OCI layout is in the outputs of docker-build; an image in an engine's store is not (HOUSE law 2).
        // What a base that is built here is becomes known when it is pushed.
        cacheable:
          !hasBuiltBase(image, workspace) && needsNoEngine(image, workspace, files, options) && folders.every(isPlain)
            ? ['if-daemonless']
            : [],
      },
      options,
    ),
  };
}

/** An image of the platform, copied (`published`) or built here: its pin says everything about it. */
function platformProject(
  kind: 'published' | 'image',
  name: string,
  pinFile: string,
  options: PluginOptions,
): ProjectConfiguration {
  const root = path.posix.dirname(pinFile);
  const own = [`{workspaceRoot}/${pinFile}`];
  return {
    name,
    root,
    projectType: 'application',
    namedInputs: { source: own },
    tags: ['kdcube:image', 'kdcube:platform'],
    targets: targetsOf({ kind, name, root, own }, options),
  };
}

/** Whether the image can be built without a container engine, as far as its Dockerfile tells. The base image may still require one; the build then writes a layout too. */
function needsNoEngine(
  { path: folder, dockerfile }: ImageFolder,
  { release }: Workspace,
  files: Files,
  options: PluginOptions,
): boolean {
  const { engine = 'auto', platform = DEFAULT_PLATFORM } = options;
  if (engine !== 'auto' && engine !== 'oci') return false;
  const content = files.read(`${folder}/${dockerfile}`);
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  // The name of the registry does not matter here.
  const registries = Object.fromEntries(REGISTRY_ARGS.map((name) => [name, 'registry.invalid']));
  return !isRefusal(readRecipe(text, { args: { ...registries, ...platformArgs(release?.platform.ref) }, platform }));
}

/** Whether the image is based on one that `platform.build` builds. */
function hasBuiltBase({ name }: ImageFolder, { pins }: Workspace): boolean {
  const found = pins.images.find(({ subject }) => subject.name === name);
  return (found?.subject.question?.built?.length ?? 0) > 0;
}

/** Whether the image contains the release's frontend. */
function hasFrontend({ name }: ImageFolder, { pins }: Workspace): boolean {
  return pins.images.some(({ subject }) => subject.name === name && subject.question?.frontend === true);
}

/** The bundles of an image: by release.yaml, else by its pin. */
function bundlesOf({ name }: ImageFolder, { pins }: Workspace): readonly string[] {
  const found = pins.images.find(({ subject }) => subject.name === name);
  return (found?.subject.question ?? found?.pin)?.bundles ?? [];
}

/**
 * Every file of a folder. Not {projectRoot}: that excludes a nested project (a package.json, say), and Nx fails with "project not found" for a folder that is
 * ignored, a symlink, or missing.
 */
function allOf(folder: string): string {
  return `{workspaceRoot}/${folder}/**/*`;
}

function releaseProject(environments: readonly string[], options: PluginOptions): ProjectConfiguration {
  const own = ['{workspaceRoot}/release.yaml'];
  const name = releaseProjectName(options);
  return {
    name,
    root: '.',
    projectType: 'application',
    namedInputs: { source: own },
    tags: ['kdcube:release'],
    targets: targetsOf({ kind: 'release', name, root: '.', own, environments }, options),
  };
}
