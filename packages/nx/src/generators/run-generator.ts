import { KdcubeError } from '@kdcube/release/internal';

/** Nx writes the files of a generator only after it has returned, so a generator that fails has changed nothing. */
export async function runGenerator<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KdcubeError) || error.changed !== undefined) throw error;
    throw new KdcubeError(error.problems, { cause: error, changed: 'No file was changed.' });
  }
}
