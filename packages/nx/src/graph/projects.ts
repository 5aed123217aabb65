import * as path from 'node:path';
import type { ProjectConfiguration } from '@nx/devkit';
import type { Bundle, Files, ImageFolder, Workspace } from '@kdcube/release/internal';
import {
  bundlePinFile,
  bundlePlaces,
  DEFAULT_PLATFORM,
  environmentNames,
  idProblem,
  imagePinFile,
  isRefusal,
  platformArgs,
  readRecipe,
  REGISTRY_ARGS,
  unsafePath,
} from '@kdcube/release/internal';
import type { PluginOptions } from '../plugin-options';
import { targetsOf } from './targets';

type Projects = Record<string, ProjectConfiguration>;

/** The projects of a workspace, by root (HOUSE §2): one a bundle, one an image, and `release`. */
export function projectsOf(workspace: Workspace, files: Files, options: PluginOptions): Projects {
  const projects: Projects = {};
  const names = new Set(['release']);
  const add = (project: ProjectConfiguration) => {
    // Two things with one name or one root are a Problem of `validate`; the graph keeps the first and goes on.
    if (names.has(project.name!) || projects[project.root]) return;
    names.add(project.name!);
    projects[project.root] = project;
  };
  for (const image of workspace.images) add(imageProject(image, workspace, files, options));
  for (const bundle of workspace.release?.bundles ?? []) {
    // What is unsafe as a path is a Problem of `validate`: no project may have its root outside of the workspace.
    if (!idProblem(bundle.id) && !unsafePath(bundle.subdir)) add(bundleProject(bundle, workspace, files, options));
  }
  projects['.'] = releaseProject(environmentNames(files).names, options);
  return projects;
}

function bundleProject(bundle: Bundle, workspace: Workspace, files: Files, options: PluginOptions): ProjectConfiguration {
  const places = bundlePlaces(bundle);
  const place = placeOf(bundle, files);
  const pinFile = bundlePinFile(bundle.id);
  // Where neither folder nor pin is there yet, the project is all the same: without it, `run-many -t stage` would do the others and call that success.
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
        // What stage refuses must run to be refused: its inputs are unchanged, and the cache would restore the old content.
        cacheable: isStageable(bundle, workspace) && (bundle.kind === 'pinned' || isPlain(root)) ? ['if-stageable'] : [],
      },
      options,
    ),
  };
}

/** The folder of a bundle here, if there is one. */
function placeOf(bundle: Bundle, files: Files): string | undefined {
  return bundlePlaces(bundle).find((folder) => files.list(folder).length > 0);
}

/**
 * The modes of files as git has them: Nx looks at their content alone, and would answer `chmod +x` with what it kept of before. For the hash only: what is affected knows it already. Where git says
 * nothing, the task itself says why.
 */
function modesOf(folders: readonly string[]): { runtime: string }[] {
  const names = folders.filter(isPlain).map((folder) => `"${folder}"`);
  const listed = names.join(' ');
  return names.length === 0 ? [] : [{ runtime: `git ls-files -s -- ${listed} && git diff --summary -- ${listed} || echo none` }];
}

/** Whether a path means itself in every shell. */
function isPlain(folder: string): boolean {
  return /^[\w@./+-]+$/.test(folder);
}

/** Whether nothing that the graph can see stops a bundle from being staged: a problem of release.yaml, or a pin that answers another question. */
function isStageable(bundle: Bundle, { problems, pins }: Workspace): boolean {
  if (problems.length > 0) return false;
  return bundle.kind === 'workspace' || pins.bundles.some(({ subject, fits }) => subject.id === bundle.id && fits);
}

function imageProject(image: ImageFolder, workspace: Workspace, files: Files, options: PluginOptions): ProjectConfiguration {
  const source = [allOf(image.path), `{workspaceRoot}/${imagePinFile(image.name)}`];
  const held = bundlesOf(image, workspace);
  const inside = (workspace.release?.bundles ?? []).filter(({ kind, id }) => kind === 'workspace' && held.includes(id));
  const folders = [image.path, ...inside.map((bundle) => placeOf(bundle, files) ?? bundlePlaces(bundle)[0]!)];
  return {
    name: image.name,
    root: image.path,
    projectType: 'application',
    namedInputs: { source },
    tags: ['kdcube:image'],
    targets: targetsOf(
      {
        kind: 'image',
        name: image.name,
        root: image.path,
        own: source,
        modes: modesOf(folders),
        has: held.length > 0 ? ['bundles'] : [],
        // An OCI layout lies in the outputs of docker-build; an image in an engine's store does not (HOUSE law 2).
        cacheable: needsNoEngine(image, workspace, files, options) && folders.every(isPlain) ? ['if-daemonless'] : [],
      },
      options,
    ),
  };
}

/** Whether a Dockerfile can be built by arithmetic, as far as its text says. What only its base or its files can say is found out by the build, which then leaves a layout all the same. */
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
  // Which registry it is changes nothing of what the lines ask for.
  const registries = Object.fromEntries(REGISTRY_ARGS.map((name) => [name, 'registry.invalid']));
  return !isRefusal(readRecipe(text, { args: { ...registries, ...platformArgs(release?.platform.ref) }, platform }));
}

/** The bundles of an image: by what is asked for now, else by what was pinned. */
function bundlesOf({ name }: ImageFolder, { pins }: Workspace): readonly string[] {
  const found = pins.images.find(({ subject }) => subject.name === name);
  return (found?.subject.question ?? found?.pin)?.bundles ?? [];
}

/**
 * Every file of a folder, as git sees it. Not {projectRoot}: that leaves out a project inside of the folder (a package.json, say), and Nx stops with
 * "project not found" where a folder has no files for it, being ignored, a link, or not there yet.
 */
function allOf(folder: string): string {
  return `{workspaceRoot}/${folder}/**/*`;
}

function releaseProject(environments: readonly string[], options: PluginOptions): ProjectConfiguration {
  const own = ['{workspaceRoot}/release.yaml'];
  return {
    name: 'release',
    root: '.',
    projectType: 'application',
    namedInputs: { source: own },
    tags: ['kdcube:release'],
    targets: targetsOf({ kind: 'release', name: 'release', root: '.', own, environments }, options),
  };
}
