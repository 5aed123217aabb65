import * as path from 'node:path';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import type { Bundle, Files, ImageFolder, Workspace } from '@kdcube/release/internal';
import {
  bundlePinFile,
  bundlePlaces,
  DEFAULT_PLATFORM,
  environmentNames,
  idProblem,
  imagePinFile,
  isRefusal,
  OUT,
  platformArgs,
  readRecipe,
  REGISTRY_ARGS,
  unsafePath,
} from '@kdcube/release/internal';
import type { PluginOptions, Verb } from './options';
import { targetName } from './options';
import { described } from './targets';

type Projects = Record<string, ProjectConfiguration>;
type Targets = Record<string, TargetConfiguration>;

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
    targets: named(options, {
      ...(tested && {
        test: described('test', {
          executor: 'nx:run-commands',
          cache: true,
          inputs: [allOf(root)],
          options: { command: 'python3 -m unittest discover -s tests', cwd: root, env: { PYTHONDONTWRITEBYTECODE: '1' } },
        }),
      }),
      stage: described('stage', {
        executor: '@kdcube/nx:stage',
        // What stage refuses must run to be refused: its inputs are those of the last time, and the cache would answer with the old content.
        cache: isStageable(bundle, workspace) && (bundle.kind === 'pinned' || isPlain(root)),
        inputs: ['source', ...(bundle.kind === 'workspace' ? modesOf([root]) : [])],
        outputs: [`{workspaceRoot}/${OUT.stage(bundle.id)}`],
      }),
    }),
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
  const inputs = [...source, '^source'];
  const held = bundlesOf(image, workspace);
  const inside = (workspace.release?.bundles ?? []).filter(({ kind, id }) => kind === 'workspace' && held.includes(id));
  const folders = [image.path, ...inside.map((bundle) => placeOf(bundle, files) ?? bundlePlaces(bundle)[0]!)];
  // What the plugin's options say of an image is said to the task, so that Nx's hash sees it.
  const given = options.platform === undefined ? {} : { options: { platform: options.platform } };
  const boots = held.length > 0;
  return {
    name: image.name,
    root: image.path,
    projectType: 'application',
    namedInputs: { source },
    tags: ['kdcube:image'],
    targets: named(options, {
      // Cached where its whole product lies in its outputs (HOUSE law 2): an image in an engine's store does not.
      'docker-build': described('docker-build', {
        executor: '@kdcube/nx:docker-build',
        cache: needsNoEngine(image, workspace, files, options) && folders.every(isPlain),
        inputs: [...inputs, ...modesOf(folders)],
        outputs: [`{workspaceRoot}/${OUT.build(image.name)}`],
        ...given,
      }),
      // Never cached, but with docker-build's inputs: without them, affected does not see that only a pin changed.
      'docker-push': described('docker-push', {
        executor: '@kdcube/nx:docker-push',
        cache: false,
        inputs,
        ...given,
        // Without its parameters, boot would test the image of other options than those that are pushed.
        ...(boots && options.bootBeforePush && { dependsOn: [{ target: targetName('boot', options), params: 'forward' }] }),
      }),
      // Never cached: what it finds depends on this machine's engine too, and leaves nothing.
      ...(boots && { boot: described('boot', { executor: '@kdcube/nx:boot', cache: false, inputs, ...given }) }),
    }),
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
  const { generation, mode, alwaysPull, examples } = options;
  const given = Object.fromEntries(
    Object.entries({ generation, mode, alwaysPull, examples }).filter(([, value]) => value !== undefined),
  );
  const files = ['{workspaceRoot}/release.yaml', '{workspaceRoot}/pins/bundles/*/pin.json'];
  const deployed = ['{workspaceRoot}/release.yaml', '{workspaceRoot}/pins/**/*', '{workspaceRoot}/environments/*', '^source'];
  // `nx run release:env:prod`; without a name, the executor takes the only one or lists them.
  const configured = { configurations: Object.fromEntries(environments.map((name) => [name, { environment: name }])) };
  return {
    name: 'release',
    root: '.',
    projectType: 'application',
    namedInputs: { source: ['{workspaceRoot}/release.yaml'] },
    tags: ['kdcube:release'],
    targets: named(options, {
      validate: described('validate', {
        executor: '@kdcube/nx:validate',
        cache: false,
        inputs: ['{workspaceRoot}/release.yaml', '{workspaceRoot}/pins/**/*', '^source'],
        options: given,
      }),
      // Not cached: Nx would keep what lies in the outputs after a --dryRun too, and put that back when the same --dryRun is asked again.
      descriptor: described('descriptor', {
        executor: '@kdcube/nx:descriptor',
        cache: false,
        inputs: files,
        outputs: [`{workspaceRoot}/${OUT.release}`],
        options: given,
      }),
      env: described('env', {
        executor: '@kdcube/nx:env',
        cache: false,
        inputs: deployed,
        outputs: [`{workspaceRoot}/dist/env`],
        ...configured,
      }),
      // It asks what runs, and that can change at any time.
      plan: described('plan', { executor: '@kdcube/nx:plan', cache: false, inputs: deployed, ...configured }),
      verify: described('verify', { executor: '@kdcube/nx:verify', cache: false, inputs: deployed, ...configured }),
      'import-ecs': described('import-ecs', { executor: '@kdcube/nx:import-ecs', cache: false }),
      'import-compose': described('import-compose', { executor: '@kdcube/nx:import-compose', cache: false }),
      // Never cached: they change, or look at, what no file here says.
      'deploy-ecs': described('deploy-ecs', { executor: '@kdcube/nx:deploy-ecs', cache: false, inputs: deployed, ...configured }),
      rollback: described('rollback', { executor: '@kdcube/nx:rollback', cache: false, inputs: deployed, ...configured }),
      status: described('status', { executor: '@kdcube/nx:status', cache: false, inputs: deployed, ...configured }),
      history: described('history', { executor: '@kdcube/nx:history', cache: false, inputs: deployed, ...configured }),
      tag: described('tag', {
        executor: '@kdcube/nx:tag',
        cache: false,
        inputs: ['{workspaceRoot}/release.yaml', '{workspaceRoot}/pins/**/*'],
      }),
    }),
  };
}

function named(options: PluginOptions, targets: Partial<Record<Verb, TargetConfiguration>>): Targets {
  return Object.fromEntries(Object.entries(targets).map(([verb, target]) => [targetName(verb as Verb, options), target]));
}
