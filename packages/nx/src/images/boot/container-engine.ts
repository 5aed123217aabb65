import { KdcubeError } from '@kdcube/release/internal';
import { firstLine, run } from '../../system/programs/exec';
import { isInterrupted } from '../../system/programs/signals';
import { engineProgram, type Engine } from '../build/engine';

/** The engine to start containers with: the configured one, else the first that responds. docker needs no buildx for this. Problem `engine-missing`. */
export async function findContainerEngine(wanted: string): Promise<Engine> {
  const all = ['buildx', 'podman'] as const;
  const reasons: string[] = [];
  for (const engine of all.some((one) => one === wanted) ? all.filter((one) => one === wanted) : all) {
    const why = await whyUnavailable(engine);
    if (why === undefined) return engine;
    reasons.push(`${engineProgram(engine)}: ${why}`);
  }
  throw new KdcubeError({
    code: 'engine-missing',
    message: `No container engine to start the image with.\n${reasons.join('\n')}`,
    hint: 'start docker or podman; nx run release:validate reads the bundles’ source without one',
  });
}

async function whyUnavailable(engine: Engine): Promise<string | undefined> {
  const program = engineProgram(engine);
  const args = program === 'podman' ? ['version'] : ['version', '--format', '{{.Server.Version}}'];
  try {
    const { exitCode, stderr } = await run(program, args, { timeout: 30_000 });
    return exitCode === 0 ? undefined : firstLine(stderr) || `${program} version ended with ${exitCode}`;
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    return error.problems[0]!.message.split('\n')[0];
  }
}
