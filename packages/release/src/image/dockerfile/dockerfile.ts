import { LIMITS } from '../../problem/limits';
import { KdcubeError } from '../../problem/problem';
import { linesOf } from './lines';
import type { Instruction, Line } from './lines';
import { newScan, scanLine } from './scan';
import type { ExternalBase } from './scan';

/** The build argument for platform.ref. */
export const PLATFORM_REF_ARG = 'KDCUBE_PLATFORM_REF';

const MAX_BYTES = LIMITS.dockerfileBytes.max;
const MAX_INSTRUCTIONS = LIMITS.dockerfileInstructions.max;

export interface Dockerfile {
  instructions: Instruction[];
  /** Each image once. */
  bases: ExternalBase[];
  /** Whether it copies from the folder `bundles` of the build context, so that the image contains the release's bundles. */
  copiesBundles: boolean;
  /** Whether it copies from the folder `frontend` of the build context, so that the image contains the release's frontend. */
  copiesFrontend: boolean;
  /** Whether it copies config.json from the build context: with the frontend, the image is baked for one tenant. */
  copiesConfig: boolean;
  /** Whether it declares the build argument for platform.ref. */
  usesPlatformRef: boolean;
}

/**
 * Reads the parts of a Dockerfile that planning needs: its external images (FROM, COPY --from, RUN --mount=from), and whether it copies
 * bundles. `args` are the build arguments; as in Docker, FROM sees only those that the Dockerfile declares. ONBUILD is ignored: it takes
 * effect in other images. Throws a Problem for a file that Docker rejects too, and for an image that no pin can name.
 */
export function readDockerfile(text: string, file: string, args: Record<string, string>): Dockerfile {
  const fail = (message: string, line: number, hint?: string): never => {
    throw new KdcubeError({ code: 'dockerfile-unreadable', message, hint, at: { file, line } });
  };
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > MAX_BYTES) fail(`${file} has ${bytes} bytes. At most ${MAX_BYTES} are read.`, 1);
  const lines = linesOf(text, fail);
  const excess = lines[MAX_INSTRUCTIONS];
  if (excess) fail(`${file} has ${lines.length} instructions. At most ${MAX_INSTRUCTIONS} are read.`, excess.line);
  const stages = lines.filter(({ keyword }) => keyword === 'FROM').map(stageName);
  if (stages.length === 0) fail(`${file} has no FROM.`, 1);
  const scan = newScan(args, stages, fail);
  for (const line of lines) scanLine(scan, line);
  const { bases, copiesBundles, copiesFrontend, copiesConfig } = scan;
  const instructions = lines.map(({ keyword, rest, line }) => ({ keyword, rest, line }));
  const usesPlatformRef = lines.some(declaresPlatformRef);
  return { instructions, bases: [...bases.values()], copiesBundles, copiesFrontend, copiesConfig, usesPlatformRef };
}

/**
 * Replaces every external image in the Dockerfile by its pinned digest, so that a moved tag has no effect; all other bytes are unchanged.
 * `bases` must be the result of readDockerfile for this text; `references` maps the name of a base to its full reference.
 */
export function pinBases(text: string, bases: readonly ExternalBase[], references: ReadonlyMap<string, string>): string {
  const edits = bases.flatMap(({ name, places }) =>
    places.map(([start, end]) => ({ start, end, by: references.get(name) ?? text.slice(start, end) })),
  );
  edits.sort((a, b) => b.start - a.start);
  return edits.reduce((done, { start, end, by }) => done.slice(0, start) + by + done.slice(end), text);
}

/** The stage's name, in lower case as Docker compares it; '' without AS. */
function stageName({ tokens }: Line): string {
  return tokens[1]?.text.toUpperCase() === 'AS' ? (tokens[2]?.text.toLowerCase() ?? '') : '';
}

function declaresPlatformRef({ keyword, tokens }: Line): boolean {
  return keyword === 'ARG' && tokens.some(({ text }) => text.split('=')[0] === PLATFORM_REF_ARG);
}
