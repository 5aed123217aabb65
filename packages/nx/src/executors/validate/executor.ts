import type { ExecutorContext } from '@nx/devkit';
import type { Problem, Workspace } from '@kdcube/release/internal';
import { KdcubeError, readWorkspace, RELEASE_FILE } from '@kdcube/release/internal';
import { diskFiles } from '../../workspace/disk';
import { checkBundles } from '../../workspace/check-bundles';
import { withSnapshot } from '../../git/snapshot';
import { counted } from '../../system/log';
import { openRelease } from '../../workspace/workspace';
import { sayNotes } from '../notes';
import type { Task } from '../perform';
import { perform } from '../perform';
import type { ValidateOptions } from './schema';

/** Everything that the platform would only say in a log, or not at all: release.yaml, pins, images, and the bundles behind them. */
export default function validate(options: ValidateOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return perform(context, options, async (task) => {
    const startedAt = Date.now();
    const workspace = readWorkspace(diskFiles(task.root), options);
    const notes = workspace.notes.filter(({ code }) => code !== 'no-bundles');
    const problems = [
      ...workspace.problems,
      ...workspace.notes.filter(({ code }) => code === 'no-bundles'),
      // Of a release that is wrong nobody can say what its pins should be.
      ...(workspace.problems.some(({ at }) => at?.file === RELEASE_FILE) ? [] : pinProblems(workspace)),
      ...nameClashes(workspace),
    ];
    sayNotes(notes, task.log);
    // The bundles of a release that cannot be read cannot be found either.
    if (workspace.release && workspace.problems.length === 0) problems.push(...(await bundleProblems(task, options)));
    for (const problem of problems) task.log.event({ event: 'problem', ...problem });
    if (problems.length > 0) throw new KdcubeError(unique(problems));
    const { release, images } = workspace;
    task.log.done(
      'valid',
      'release.yaml',
      `${counted(release!.bundles.length, 'bundle')}, ${counted(images.length, 'image')}, platform ${release!.platform.ref} (generation ${release!.generation})`,
      startedAt,
    );
  });
}

async function bundleProblems({ root, log }: Task, options: ValidateOptions): Promise<Problem[]> {
  const open = await openRelease(root, options);
  const { problems, unseen } = await withSnapshot(root, (snapshot) =>
    checkBundles(open, snapshot, { online: options.online, log }),
  );
  if (unseen.length > 0)
    log.note(`Not looked into, because this machine has no copy of them: ${unseen.join(', ')}. --online fetches them.`);
  // A missing or stale pin is said once, with the others.
  return problems.filter(({ code }) => code !== 'pin-missing' && code !== 'pin-stale');
}

function pinProblems({ pins }: Workspace): Problem[] {
  const things = [
    ...pins.bundles,
    ...pins.images.filter(({ subject }) => subject.question),
    ...(pins.frontend ? [pins.frontend] : []),
  ];
  return things
    .filter(({ fits }) => !fits)
    .map(({ file, pin }) => ({
      code: pin === undefined ? 'pin-missing' : 'pin-stale',
      message:
        pin === undefined
          ? 'There is no pin here that can be read: nothing says which content the ref means.'
          : 'This pin answers another question than release.yaml asks now.',
      hint: 'nx sync    and commit the pins',
      at: { file },
    }));
}

function nameClashes({ release, images }: Workspace): Problem[] {
  const bundles = new Set(release?.bundles.map(({ id }) => id.toLowerCase()));
  return images
    .filter(({ name }) => bundles.has(name) || name === 'release')
    .map(({ name, path }) => ({
      code: 'already-exists',
      message:
        name === 'release'
          ? 'The image is called "release", as the project of release.yaml is.'
          : `The image and a bundle are both called "${name}": they would be one project.`,
      hint: 'rename the image’s folder',
      at: { file: path },
    }));
}

function unique(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
