import type { ExecutorContext } from '@nx/devkit';
import type { Problem, Workspace } from '@kdcube/release/internal';
import { KdcubeError, LIMITS, readWorkspace, RELEASE_FILE, builtImageNames } from '@kdcube/release/internal';
import { diskFiles } from '../../workspace/disk';
import { checkBundles } from '../../workspace/check-bundles';
import { requireBase } from '../../git/history';
import { withSnapshot } from '../../git/snapshot/snapshot';
import { pluralize } from '../../system/log';
import { resolveRegistries, withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { findImagePython, pythonVersion, resolvePackages } from './resolve-packages';
import { releaseProjectName } from '../../plugin-options';
import type { Task } from '../run-task';
import { runExecutor } from '../run-task';
import type { ValidateOptions } from './schema';

/** Checks release.yaml, the pins, the images and the bundles that are pinned, and reports every problem at once. */
export default function validate(options: ValidateOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async (task) => {
    const startedAt = Date.now();
    if (options.base !== undefined) await requireBase(task.root, String(options.base));
    const workspace = readWorkspace(diskFiles(task.root), { ...options, images: task.plugin.images });
    const notes = workspace.notes.filter(({ code }) => code !== 'no-bundles');
    const problems = [
      ...workspace.problems,
      ...workspace.notes.filter(({ code }) => code === 'no-bundles'),
      // Without a valid release.yaml, the pins cannot be judged.
      ...(workspace.problems.some(({ at }) => at?.file === RELEASE_FILE) ? [] : pinProblems(workspace)),
      ...nameClashes(workspace, releaseProjectName(task.plugin)),
    ];
    logNotes(notes, task.log);
    // Without a valid release.yaml, its bundles cannot be found.
    if (workspace.release && workspace.problems.length === 0) problems.push(...(await bundleProblems(task, options)));
    for (const problem of problems.slice(0, LIMITS.problemsInJson.max)) task.log.event({ event: 'problem', ...problem });
    if (problems.length > 0) throw new KdcubeError(unique(problems));
    const { release } = workspace;
    task.log.done(
      'valid',
      'release.yaml',
      `${pluralize(release!.bundles.length, 'bundle')}, ${pluralize(builtImageNames(workspace).length, 'image')}, platform ${release!.platform.ref} (generation ${release!.generation})`,
      startedAt,
    );
  });
}

async function bundleProblems({ root, log, plugin }: Task, options: ValidateOptions): Promise<Problem[]> {
  const open = await openRelease(root, { ...options, images: plugin.images });
  const {
    problems,
    unchecked: unseen,
    lists,
  } = await withSnapshot(root, (snapshot) => checkBundles(open, snapshot, { online: options.online, log }));
  if (unseen.length > 0)
    log.note(`not checked, because they are not in the local cache: ${unseen.join(', ')}. --online fetches them`);
  if (options.resolve && problems.length === 0 && lists.length > 0) {
    const python =
      options.python === undefined
        ? await findImagePython(open, resolveRegistries({}, withMirroredRegistry(plugin, open.release)), log)
        : pythonVersion(options.python);
    return resolvePackages(lists, python, log);
  }
  // Missing and stale pins are reported by pinProblems.
  return problems.filter(({ code }) => code !== 'pin-missing' && code !== 'pin-stale');
}

function pinProblems({ pins }: Workspace): Problem[] {
  const things = [
    ...pins.bundles,
    ...pins.built,
    ...pins.images.filter(({ subject }) => subject.question),
    ...(pins.frontend ? [pins.frontend] : []),
  ];
  return things
    .filter(({ fits }) => !fits)
    .map(({ file, pin }) => ({
      code: pin === undefined ? 'pin-missing' : 'pin-stale',
      message:
        pin === undefined
          ? 'This pin is missing or cannot be read: the content of the ref is unknown.'
          : 'This pin is out of date: release.yaml has changed.',
      hint: 'nx sync    and commit the pins',
      at: { file },
    }));
}

function nameClashes({ release, images }: Workspace, project: string): Problem[] {
  const bundles = new Set(release?.bundles.map(({ id }) => id.toLowerCase()));
  return images
    .filter(({ name }) => bundles.has(name) || name === project)
    .map(({ name, path }) => ({
      code: 'already-exists',
      message:
        name === project
          ? `The image has the name "${project}", which is the project of release.yaml.`
          : `The image and a bundle both have the name "${name}", and two projects cannot share a name.`,
      hint: 'rename the image’s folder',
      at: { file: path },
    }));
}

function unique(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
