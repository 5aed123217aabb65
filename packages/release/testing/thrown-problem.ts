import { KdcubeError, type Problem } from '../src/internal';

/** The first Problem that a call throws. Any other error, or none, fails the test. */
export function thrownProblem(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof KdcubeError) return error.problems[0]!;
    throw error;
  }
  throw new Error('nothing was refused');
}
