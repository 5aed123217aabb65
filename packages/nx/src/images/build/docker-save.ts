import * as fs from 'node:fs';
import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { run, tail } from '../../system/exec';
import { replaceDir } from '../../system/files';
import { REF_NAME } from '../../oci/layout';
import type { Engine } from './docker';

/** Long enough for an image of many gigabytes. Milliseconds. */
const PATIENCE = 3_600_000;

/**
 * Writes an image of an engine's store as an OCI layout into `dir`, which is replaced as a whole; `name` is the image's name in it. docker keeps its layers unpacked, so theirs are other digests than
 * those of the registry that the base came from. Problems: `command-failed`; a docker before 25 does not write a layout.
 */
export async function exportLayout(engine: Engine, local: string, dir: string, name: string): Promise<void> {
  await replaceDir(dir, async (into) => {
    if (engine === 'podman') await must('podman', ['save', '--quiet', '--format', 'oci-dir', '--output', into, local]);
    else {
      const archive = path.join(into, 'archive.tar');
      await must('docker', ['save', '--output', archive, local]);
      await must('tar', ['-xf', archive, '-C', into]);
      await fs.promises.rm(archive);
      await fs.promises.rm(path.join(into, 'manifest.json'), { force: true });
    }
    await nameIt(path.join(into, 'index.json'), name, engine);
  });
}

/** One image, under the name of its content instead of the engine's. */
async function nameIt(file: string, name: string, engine: Engine): Promise<void> {
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

async function must(program: string, args: string[]): Promise<void> {
  const { exitCode, stderr } = await run(program, args, { timeout: PATIENCE });
  if (exitCode === 0) return;
  throw new KdcubeError({
    code: 'command-failed',
    message: `${program} ${args[0]!} ended with ${exitCode}.\n${tail(stderr)}`.trimEnd(),
  });
}
