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

/** Compose quotes the line of an env file, or the text, that it cannot read: that may be a secret. It also warns of the parts of a value that it takes for variables. */
const QUOTES =
  /(?:unterminated quoted value|unexpected character|in variable name|invalid template|invalid interpolation format)\b.*$/i;

/** What docker compose wrote, without the values in it. */
export function withoutValues(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/variable is not set/.test(line))
    .map((line) =>
      QUOTES.test(line) && line.includes('"')
        ? `${line.slice(0, line.indexOf('"')).trimEnd()} (not shown: it may be a secret)`
        : line,
    )
    .join('\n');
}

/** The Problem of a command of docker compose. Its output names containers and ports, and no value. */
export function composeFailed(what: string, output: string, project: string): KdcubeError {
  const lines = withoutValues(output)
    .trim()
    .split('\n')
    .filter(
      (line) =>
        line.trim() !== '' && !/ (?:Creating|Created|Starting|Started|Stopping|Stopped|Recreate|Recreated)$/.test(line.trim()),
    );
  return new KdcubeError({
    code: 'compose-failed',
    message: `docker compose could not ${what}: ${lines.slice(-3).join('\n').slice(0, 1000) || 'it said nothing'}`,
    hint: `docker ps --all --filter label=com.docker.compose.project=${project}    on the host shows its containers`,
  });
}
