import * as path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import type { PlannedFile, ServiceEnv } from '@kdcube/release/internal';
import { envFile, OUT } from '@kdcube/release/internal';
import { renderedEnv } from '../../targets/env';
import { openEnvironment } from '../../workspace/environment';
import { replaceDir, writeFileAtomic } from '../../system/files/files';
import { withMirroredRegistry } from '../../workspace/registries';
import { openRelease } from '../../workspace/workspace';
import { logNotes } from '../log-notes';
import { releaseImageOptions } from '../release-images';
import { runExecutor } from '../run-task';
import type { EnvOptions } from './schema';

/** Writes the environment of every service: JSON for people and tools, an env_file for compose. */
export default function env(options: EnvOptions, context: ExecutorContext): Promise<{ success: boolean }> {
  return runExecutor(context, options, async ({ root, plugin, log }) => {
    const startedAt = Date.now();
    const open = await openRelease(root, plugin);
    const { environment, notes } = openEnvironment(open, options.environment);
    const renderOptions = {
      ...releaseImageOptions(root, options, withMirroredRegistry(plugin, open.release), environment),
      offline: options.offline,
    };
    const plan = await renderedEnv(open, environment, renderOptions, log);
    logNotes([...notes, ...plan.notes], log);
    log.event({ event: 'env', dryRun: options.dryRun, environment: environment.name, services: plan.services });
    const place = OUT.env(environment.name);
    if (!options.dryRun) await replaceDir(path.join(root, place), (dir) => write(dir, plan.services));
    const what = `${plan.services.length} services: ${plan.services.map(({ service }) => service).join(', ')}`;
    for (const { service, files } of plan.services)
      for (const file of files) log.note(fileNote(service, file, `${place}/${fileName(service, file)}`));
    log.done(options.dryRun ? 'would write' : 'rendered', place, what, startedAt);
  });
}

async function write(dir: string, services: readonly ServiceEnv[]): Promise<void> {
  for (const service of services) {
    await writeFileAtomic(path.join(dir, `${service.service}.json`), `${JSON.stringify(service, null, 2)}\n`);
    await writeFileAtomic(path.join(dir, `${service.service}.env`), envFile(service.env));
    for (const file of service.files) await writeFileAtomic(path.join(dir, fileName(service.service, file)), file.content);
  }
}

/** One file for each service: several services may have the same file. */
function fileName(service: string, file: PlannedFile): string {
  return `${service}.${path.posix.basename(file.path)}`;
}

/** How the file gets to the path where the service reads it. */
function fileNote(service: string, { path: target, how, writable }: PlannedFile, written: string): string {
  if (how === 'task') return `${target} of ${service}: its task definition contains it, and a deploy writes it there`;
  // The platform replaces the file by a rename, so its whole folder has to be mounted, and that folder holds other files.
  const put = writable
    ? `cp ${written} $KDCUBE_CONFIG_DIR/${path.posix.basename(target)}    (the folder that is mounted at ${path.posix.dirname(target)})`
    : `HOST_BUNDLE_DESCRIPTOR_PATH=./${written}    (or volumes: ["./${written}:${target}:ro"])`;
  return `${target} of ${service}: ${put}`;
}
