import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { run, tail } from '../../system/programs/exec';
import { replaceDir } from '../../system/files/files';
import { REF_NAME } from '../../oci/layout';
import type { Engine } from './engine';

/** Enough for an image of many gigabytes. Milliseconds. */
const TIMEOUT = 3_600_000;

/**
 * Exports an image of an engine's store as an OCI layout, which replaces `dir`; `name` is the image's name in it. docker stores layers
 * uncompressed, so their digests differ from those in the base's registry. Problems: `command-failed`; docker before version 25 cannot
 * write a layout.
 */
export async function exportLayout(engine: Engine, local: string, dir: string, name: string): Promise<void> {
  await replaceDir(dir, async (into) => {
    if (engine === 'podman') await runOrThrow('podman', ['save', '--quiet', '--format', 'oci-dir', '--output', into, local]);
    else {
      const archive = path.join(into, 'archive.tar');
      await runOrThrow('docker', ['save', '--output', archive, local]);
      await runOrThrow('tar', ['-xf', archive, '-C', into]);
      await fs.promises.rm(archive);
      await fs.promises.rm(path.join(into, 'manifest.json'), { force: true });
    }
    await nameImage(path.join(into, 'index.json'), name, engine);
  });
}

/** Names the image by its content key, not by the engine's name. */
async function nameImage(file: string, name: string, engine: Engine): Promise<void> {
  if (!fs.existsSync(file))
    throw new KdcubeError({
      code: 'command-failed',
      message: `${engine} did not save the image as an OCI layout.`,
      hint: 'docker 25 or later does',
    });
  const index = JSON.parse(await fs.promises.readFile(file, 'utf8')) as { manifests: Record<string, unknown>[] };
  const manifests = index.manifests.slice(0, 1).map((entry) => ({ ...entry, annotations: { [REF_NAME]: name } }));
  await fs.promises.writeFile(file, JSON.stringify({ ...index, manifests }));
}

async function runOrThrow(program: string, args: string[]): Promise<void> {
  const { exitCode, stderr } = await run(program, args, { timeout: TIMEOUT });
  if (exitCode === 0) return;
  throw new KdcubeError({
    code: 'command-failed',
    message: `${program} ${args[0]!} ended with ${exitCode}.\n${tail(stderr)}`.trimEnd(),
  });
}
