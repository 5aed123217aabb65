import * as path from 'node:path';
import type { Workspace } from '@kdcube/release/internal';
import { isPlatformImage, OUT, printReceipt, readWorkspace, requirePin, requireRelease } from '@kdcube/release/internal';
import { mirrorImage } from '../../images/published/mirror';
import type { PushRow, WouldPush } from '../../images/push/table';
import { writeFileAtomic } from '../../system/files/files';
import { diskFiles } from '../../workspace/disk';
import { resolveRegistries } from '../../workspace/registries';
import type { Task } from '../run-task';
import type { DockerPushOptions } from './schema';

type Published = Workspace['pins']['platform'][number];

/** The published image of the platform that the project is, with or without a pin; undefined for an image that is built here. Throws the problems of release.yaml. */
export function findPublished({ root, project, plugin }: Pick<Task, 'root' | 'project' | 'plugin'>): Published | undefined {
  // Other images need not read the whole workspace for this.
  if (!isPlatformImage(project)) return undefined;
  const workspace = readWorkspace(diskFiles(root), plugin);
  const found = workspace.pins.platform.find(({ subject }) => subject.name === project);
  if (found) requireRelease(workspace);
  return found;
}

/** Mirrors a published image of the platform and writes its receipt. Undefined if no registry is configured: the images in dist/images are those that are built here. */
export async function mirrorProject(
  { root, project, plugin, log }: Task,
  published: Published,
  { registry, dryRun }: DockerPushOptions,
): Promise<PushRow | WouldPush | undefined> {
  const startedAt = Date.now();
  const pin = requirePin(published.pin, published.fits, project, published.file);
  const target = resolveRegistries({ registry }, plugin).registry;
  if (!target) return void log.note(`${project} was not mirrored: no registry is configured (KDCUBE_REGISTRY).`);
  const receipt = await mirrorImage({ image: project, pin }, target, { dryRun }, log);
  if (!receipt) return { image: project, why: [`mirrored from ${pin.source}`] };
  if (dryRun) return { image: project };
  await writeFileAtomic(path.join(root, OUT.push(project), 'receipt.json'), printReceipt(receipt));
  log.event({ event: 'mirrored', ...receipt });
  return { receipt, took: Date.now() - startedAt };
}
