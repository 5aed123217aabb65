import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { run, tail } from '../../system/programs/exec';
import { withTemporaryDir } from '../../system/files/files';
import { recordEffect } from '../../system/journal';
import type { Log } from '../../system/log';
import { withHeartbeat } from '../../system/log';
import { writeDockerArchive } from '../../oci/docker-archive';
import { writeParts } from '../../oci/layout';
import { engineProgram, type Engine } from '../build/engine';
import type { ImageSource } from '../build/image-source';
import { completeParts } from '../build/complete-parts';

/** Loads a daemonless image into an engine's store. Problem `command-failed`. */
export async function loadIntoEngine(
  engine: Engine,
  source: Exclude<ImageSource, { kind: 'engine' }>,
  name: string,
  root: string,
  log: Log,
): Promise<void> {
  const program = engineProgram(engine);
  await withTemporaryDir(
    async (dir) => {
      const archive = path.join(dir, 'image.tar');
      const load = async () => {
        await writeParts(path.join(dir, 'layout'), completeParts(source));
        await writeDockerArchive(path.join(dir, 'layout'), archive, [name]);
        return run(program, ['load', '--quiet', '--input', archive], { timeout: 3_600_000 });
      };
      const { exitCode, stderr } = await withHeartbeat(log, () => `loading ${name} into ${program}`, load());
      if (exitCode !== 0)
        throw new KdcubeError({
          code: 'command-failed',
          message: `${program} did not load the image (exit code ${exitCode}).\n${tail(stderr)}`.trimEnd(),
        });
      recordEffect({ kind: 'other', text: `loaded ${name} into ${program}` });
    },
    path.join(root, 'dist'),
  );
}
