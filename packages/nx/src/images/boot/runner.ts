import { KdcubeError } from '@kdcube/release/internal';
import { firstLine, run } from '../../system/exec';
import { isInterrupted } from '../../system/signals';
import { engineName, type Engine } from '../build/docker';

/** The engine to start containers with: the one that was asked for, else the first that answers. Docker needs no buildx for this. Problem `engine-missing`. */
export async function findRunner(wanted: string): Promise<Engine> {
  const all = ['buildx', 'podman'] as const;
  const reasons: string[] = [];
  for (const engine of all.some((one) => one === wanted) ? all.filter((one) => one === wanted) : all) {
    const why = await whyNot(engine);
    if (why === undefined) return engine;
    reasons.push(`${engineName(engine)}: ${why}`);
  }
  throw new KdcubeError({
    code: 'engine-missing',
    message: `No container engine to start the image with.\n${reasons.join('\n')}`,
    hint: 'start docker or podman; nx run release:validate reads the bundles’ source without one',
  });
}

async function whyNot(engine: Engine): Promise<string | undefined> {
  const program = engineName(engine);
  const args = program === 'podman' ? ['version'] : ['version', '--format', '{{.Server.Version}}'];
  try {
    const { exitCode, stderr } = await run(program, args, { timeout: 30_000 });
    return exitCode === 0 ? undefined : firstLine(stderr) || `${program} version ended with ${exitCode}`;
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    return error.problems[0]!.message.split('\n')[0];
  }
}
