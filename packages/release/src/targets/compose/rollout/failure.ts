import { KdcubeError } from '../../../problem/problem';
import type { ProblemCode } from '../../../problem/codes';

/** Why a service did not come up. */
export interface Failure {
  service: string;
  code: ProblemCode;
  /** A sentence. */
  reason: string;
  /** The last lines of its log. */
  lines: string[];
}

/** The Problem of a command of docker compose. Its output names containers and ports, and no variable. */
export function composeFailed(what: string, output: string): KdcubeError {
  const lines = output
    .trim()
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' && !/ (?:Creating|Created|Starting|Started|Stopping|Stopped|Recreate|Recreated)$/.test(line.trim()),
    );
  return new KdcubeError({
    code: 'compose-failed',
    message: `docker compose could not ${what}: ${lines.slice(-3).join('\n').slice(0, 1000) || 'it said nothing'}`,
    hint: 'docker compose --file docker-compose.yaml --file .kdcube/compose.yaml ps --all    on the host, in compose.directory, shows its containers',
  });
}
