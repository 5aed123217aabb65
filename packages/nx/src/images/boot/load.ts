import * as path from 'node:path';
import { KdcubeError } from '@kdcube/release/internal';
import { run, tail } from '../../system/exec';
import { withTemporaryDir } from '../../system/files';
import type { Log } from '../../system/log';
import { whileWaiting } from '../../system/log';
import { writeDockerArchive } from '../../oci/archive';
import { writeParts } from '../../oci/layout';
import { engineName, type Engine } from '../build/docker';
import type { Source } from '../build/source';
import { wholeParts } from '../build/whole';

/** Hands an image that was made without an engine to one, under a name of its own store. Problem `command-failed`. */
export async function loadInto(
  engine: Engine,
  source: Exclude<Source, { kind: 'engine' }>,
  name: string,
  root: string,
  log: Log,
): Promise<void> {
  const program = engineName(engine);
  await withTemporaryDir(
    async (dir) => {
      const archive = path.join(dir, 'image.tar');
      const load = async () => {
        await writeParts(path.join(dir, 'layout'), wholeParts(source));
        await writeDockerArchive(path.join(dir, 'layout'), archive, [name]);
        return run(program, ['load', '--quiet', '--input', archive], { timeout: 3_600_000 });
      };
      const { exitCode, stderr } = await whileWaiting(log, () => `handing ${name} to ${program}`, load());
      if (exitCode !== 0)
        throw new KdcubeError({
          code: 'command-failed',
          message: `${program} did not take the image (exit code ${exitCode}).\n${tail(stderr)}`.trimEnd(),
        });
    },
    path.join(root, 'dist'),
  );
}
