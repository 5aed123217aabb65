import type { Problem } from '../problem';
import { KdcubeError, quoted } from '../problem';

/** The arguments that name a registry. They are not part of what an image is: the same image may come from and go to any registry. */
export const REGISTRY_ARGS = ['KDCUBE_PLATFORM_REGISTRY', 'KDCUBE_REGISTRY'] as const;
/** The argument that is given platform.ref. */
export const PLATFORM_REF_ARG = 'KDCUBE_PLATFORM_REF';

/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  keyword: string;
  /** What follows the keyword, comments and line ends taken out. */
  rest: string;
  /** Counted from 1. */
  line: number;
}

/** An image that a Dockerfile takes from outside. */
export interface ExternalBase {
  /** With arguments filled in but for the registry's: the key of the pin. */
  name: string;
  /** As the Dockerfile writes it. */
  written: string;
  line: number;
}

export interface Dockerfile {
  instructions: Instruction[];
  bases: ExternalBase[];
  /** Whether it copies the folder `bundles` of its context: then the image holds the release's bundles. */
  copiesBundles: boolean;
}

/**
 * Reads as much of a Dockerfile as planning needs: which images it takes from outside (FROM, COPY --from, RUN --mount=from), and whether it copies
 * the bundles. `args` are the build's arguments; those that the Dockerfile does not declare do not reach FROM, as in docker.
 */
export function readDockerfile(text: string, file: string, args: Record<string, string>): Dockerfile {
  const instructions = split(text);
  const bases = new Map<string, ExternalBase>();
  const stages = new Set<string>();
  const known: Record<string, string> = {};
  let copiesBundles = false;
  let stageCount = 0;
  const fail = (message: string, line: number, hint?: string): never => {
    throw new KdcubeError({ code: 'dockerfile-unreadable', message, hint, at: { file, line } } satisfies Problem);
  };
  const external = (written: string, line: number) => {
    const name = expand(written, known, (variable) =>
      fail(`The image ${quoted(written)} uses ${variable}, which nothing sets before the first FROM.`, line, `ARG ${variable}`),
    );
    if (name === 'scratch' || stages.has(name.toLowerCase())) return;
    if (/^\d+$/.test(name) && Number(name) < stageCount) return;
    if (!/^[\w${}./:@-]+$/.test(name)) fail(`${quoted(written)} is not the name of an image.`, line);
    bases.set(written, { name, written, line });
  };
  for (const { keyword, rest, line } of instructions) {
    if (keyword === 'ARG' && stageCount === 0) {
      for (const [name, value] of argsOf(rest, known)) {
        if ((REGISTRY_ARGS as readonly string[]).includes(name)) known[name] = `\${${name}}`;
        else if (args[name] !== undefined) known[name] = args[name];
        else if (value !== undefined) known[name] = value;
      }
    } else if (keyword === 'FROM') {
      const words = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('--'));
      if (!words[0]) fail('This FROM names no image.', line);
      external(words[0]!, line);
      stageCount += 1;
      if (words[1]?.toUpperCase() === 'AS' && words[2]) stages.add(words[2].toLowerCase());
    } else if (keyword === 'COPY' || keyword === 'ADD') {
      const from = /(?:^|\s)--from=(\S+)/.exec(rest)?.[1];
      if (from) external(from, line);
      else
        copiesBundles ||= sourcesOf(rest).some(
          (source) => /^(?:\.\/|\/)?bundles(?:\/|$)/.test(source) || /^(?:\.|\.\/|\/)$/.test(source),
        );
    } else if (keyword === 'RUN') {
      for (const [, from] of rest.matchAll(/--mount=\S*?\bfrom=([^,\s]+)/g)) external(from!, line);
    }
  }
  if (stageCount === 0) fail(`${file} has no FROM.`, 1);
  return { instructions, bases: [...bases.values()], copiesBundles };
}

/**
 * The Dockerfile with every outside image named by its pinned digest, so that a tag that moved since changes nothing.
 * `references` maps a base's name to the full reference to take it from.
 */
export function pinBases(text: string, bases: readonly ExternalBase[], references: ReadonlyMap<string, string>): string {
  const byWritten = new Map(bases.map((base) => [base.written, references.get(base.name)]));
  const lines = text.split('\n');
  const at = new Set(bases.flatMap(({ line }) => [line]));
  for (const { keyword, line, count } of splitWithLength(text)) {
    if (
      !['FROM', 'COPY', 'ADD', 'RUN'].includes(keyword) ||
      (keyword === 'FROM' && !hasBase(lines, line, count, byWritten) && !at.has(line))
    )
      continue;
    for (let index = line - 1; index < line - 1 + count; index += 1)
      lines[index] = replaceImages(lines[index]!, keyword, byWritten);
  }
  return lines.join('\n');
}

function hasBase(lines: string[], line: number, count: number, byWritten: ReadonlyMap<string, unknown>): boolean {
  return lines.slice(line - 1, line - 1 + count).some((text) => text.split(/\s+/).some((word) => byWritten.has(word)));
}

function replaceImages(line: string, keyword: string, byWritten: ReadonlyMap<string, string | undefined>): string {
  if (keyword === 'FROM') return line.replace(/\S+/g, (word) => byWritten.get(word) ?? word);
  const flag = keyword === 'RUN' ? /(\bfrom=)([^,\s]+)/g : /(--from=)(\S+)/g;
  return line.replace(flag, (whole, head: string, image: string) =>
    byWritten.get(image) ? `${head}${byWritten.get(image)}` : whole,
  );
}

function split(text: string): Instruction[] {
  return splitWithLength(text).map(({ keyword, rest, line }) => ({ keyword, rest, line }));
}

function splitWithLength(text: string): (Instruction & { count: number })[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escape = /^#\s*escape\s*=\s*`/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\';
  const result: (Instruction & { count: number })[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const first = lines[index]!.trim();
    if (first === '' || first.startsWith('#')) continue;
    const start = index;
    const parts: string[] = [];
    for (; index < lines.length; index += 1) {
      const line = lines[index]!.trimEnd();
      if (parts.length > 0 && (line.trim() === '' || line.trim().startsWith('#'))) continue;
      parts.push(line.endsWith(escape) ? line.slice(0, -1) : line);
      if (!line.endsWith(escape)) break;
    }
    const whole = parts.join(' ').trim();
    const [, keyword = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(whole) ?? [];
    // The body of a here-document is not instructions.
    for (const [, quote1, word] of ['RUN', 'COPY', 'ADD'].includes(keyword.toUpperCase())
      ? rest.matchAll(/<<-?(["']?)([A-Za-z_]\w*)\1/g)
      : []) {
      void quote1;
      while (index + 1 < lines.length && lines[index + 1]!.trim() !== word) index += 1;
      index += 1;
    }
    result.push({ keyword: keyword.toUpperCase(), rest, line: start + 1, count: index - start + 1 });
  }
  return result;
}

function argsOf(rest: string, known: Record<string, string>): [string, string | undefined][] {
  return [...rest.matchAll(/([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?/g)].map(([, name, value]) => [
    name!,
    value === undefined ? undefined : expand(value.replace(/^(["'])([\s\S]*)\1$/, '$2'), known, () => ''),
  ]);
}

function sourcesOf(rest: string): string[] {
  const words = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('--'));
  if (rest.includes('[')) {
    try {
      return (JSON.parse(rest.slice(rest.indexOf('['))) as string[]).slice(0, -1);
    } catch {
      return [];
    }
  }
  return words.slice(0, -1);
}

/** `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`, as docker expands them in FROM. */
function expand(text: string, known: Record<string, string>, missing: (name: string) => string): string {
  return text
    .replace(/^(["'])([\s\S]*)\1$/, '$2')
    .replace(
      /\$(?:\{([A-Za-z_]\w*)(?::([-+])([^}]*))?\}|([A-Za-z_]\w*))/g,
      (_, braced?: string, operator?: string, word?: string, bare?: string) => {
        const name = (braced ?? bare)!;
        const value = known[name];
        if (operator === '-') return value || (word ?? '');
        if (operator === '+') return value ? (word ?? '') : '';
        return value ?? missing(name);
      },
    );
}
