import * as path from 'node:path';
import { isPlatformImage, OUT, platformPinFile, printReceipt, readWorkspace, requirePin } from '@kdcube/release/internal';
import { mirrorImage } from '../../images/published/mirror';
import type { PushRow, WouldPush } from '../../images/push/table';
import { writeFileAtomic } from '../../system/files';
import { diskFiles } from '../../workspace/disk';
import { resolveRegistries } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import type { Task } from '../run-task';
import type { DockerPushOptions } from './schema';

/** Whether the project is a published image of the platform, with or without a pin: the release has it, and it is not built here. */
export function isPublished({ root, project, plugin }: Pick<Task, 'root' | 'project' | 'plugin'>): boolean {
  // Other images need not read the whole workspace for this.
  if (!isPlatformImage(project)) return false;
  const { pins } = readWorkspace(diskFiles(root), plugin);
  return pins.platform.some(({ subject }) => subject.name === project);
}

/** Mirrors a published image of the platform and writes its receipt. Undefined if no registry is configured: the images in dist/images are those that are built here. */
export async function mirrorProject(
  task: Task,
  { registry, dryRun }: DockerPushOptions,
): Promise<PushRow | WouldPush | undefined> {
  const startedAt = Date.now();
  const { root, project, plugin, log } = task;
  const { workspace } = await openRelease(root, plugin);
  const found = workspace.pins.platform.find(({ subject }) => subject.name === project);
  const pin = requirePin(found?.pin, found?.fits ?? false, project, platformPinFile(project));
  const target = resolveRegistries({ registry }, plugin).registry;
  if (!target) return void log.note(`${project} was not mirrored: no registry is configured (KDCUBE_REGISTRY).`);
  const receipt = await mirrorImage({ image: project, pin }, target, { dryRun }, log);
  if (!receipt) return { image: project, why: [`mirrored from ${pin.source}`] };
  if (dryRun) return { image: project };
  await writeFileAtomic(path.join(root, OUT.push(project), 'receipt.json'), printReceipt(receipt));
  log.event({ event: 'mirrored', ...receipt });
  return { receipt, took: Date.now() - startedAt };
}
