import type { Dockerfile } from './dockerfile/dockerfile';

/** The image that a Dockerfile adds bundles to, if that is all it does; else the first instruction that does more. */
export type PlatformBase = { base: string } | { does: string; line: number };

/** `base`: the name of an external image, as its pin has it. */
export function platformBase({ instructions, bases }: Dockerfile): PlatformBase {
  const start = instructions.findLastIndex(({ keyword }) => keyword === 'FROM');
  const from = instructions[start]!;
  const written = from.rest.split(/\s+/).find((token) => token !== '' && !token.startsWith('--'));
  const base = bases.find((each) => each.written === written);
  if (!base) return { does: `FROM ${from.rest.trim()}`, line: from.line };
  const more = instructions.slice(start + 1).find((instruction) => !onlyAddsBundles(instruction));
  return more ? { does: `${more.keyword} ${more.rest.trim().split('\n')[0]!}`, line: more.line } : { base: base.name };
}

function onlyAddsBundles({ keyword, rest }: Dockerfile['instructions'][number]): boolean {
  switch (keyword) {
    case 'ARG':
    case 'LABEL':
    case 'WORKDIR':
      return true;
    case 'COPY':
    case 'ADD':
      return /^\s*(?:--(?:chown|chmod|link)\S*\s+)*\.?\/?bundles\/?\s+\/bundles\/?\s*$/.test(rest);
    case 'ENV':
      return rest
        .trim()
        .split(/\s+/)
        .every((setting) => /^(?:AGENTIC_)?BUNDLES_ROOT(?:=|$)|^\/bundles$/.test(setting));
    default:
      return false;
  }
}
