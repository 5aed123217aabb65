import type { Line } from '../dockerfile/lines';
import { expandWord, type Scope } from './expand';
import { normalizePlatform } from './platform-name';
import { declarationsOf, flagsOf, recipeLines } from './forms';

/** Why a Dockerfile cannot be built without an engine: its first unsupported instruction, and the line, counted from 1. An engine may still build it. */
export interface Refusal {
  line: number;
  instruction: string;
  why: string;
  /** The source that does not exist in the build context: no engine can build this either. */
  absent?: string;
}

export interface RecipeOptions {
  /** The build's arguments, including those for the registries and the platform. */
  args: Readonly<Record<string, string>>;
  /** `linux/amd64` */
  platform: string;
}

/** A Dockerfile whose relevant instructions are all supported. */
export interface Recipe {
  /** The base image of the first relevant stage, with arguments expanded, or `scratch`. */
  from: string;
  /** The line of that FROM. */
  line: number;
  /** The stages from there to the last one, each based on the one before. Other stages are not part of the image. */
  stages: Line[][];
  /** Build arguments declared before the first FROM. */
  global: Scope;
  given: Scope;
}

const KNOWN = 'ARG ENV LABEL WORKDIR COPY ADD USER EXPOSE ENTRYPOINT CMD SHELL HEALTHCHECK STOPSIGNAL VOLUME MAINTAINER'.split(
  ' ',
);

/**
 * Reads a Dockerfile for a daemonless build. Not supported are RUN and ONBUILD, COPY from other stages or images, here-documents, a custom syntax frontend, flags that change how files are copied
 * (`--link`, `--parents`, `--exclude`), and another platform than the build's. Never throws: returns the first unsupported instruction.
 */
export function readRecipe(text: string, options: RecipeOptions): Recipe | Refusal {
  return attempt(() => {
    const fail = (why: string, line: number): never => refuse({ line, keyword: 'FROM' }, why);
    const { lines, directives } = recipeLines(text, fail);
    const unsupported = unsupportedSyntax(directives);
    if (unsupported !== undefined) fail(unsupported, 1);
    const stages = stagesOf(lines, fail);
    const given = new Map(Object.entries(options.args));
    const global = globalScope(lines.slice(0, stages[0]!.start), given, options.platform);
    const chain = chainOf(stages, global, options.platform);
    for (const { body } of chain) body.forEach(check);
    return { from: chain[0]!.image, line: chain[0]!.from.line, stages: chain.map(({ body }) => body), global, given };
  });
}

/** Why only an engine can parse the file: its parser directives name another frontend or escape character. */
export function unsupportedSyntax(directives: ReadonlyMap<string, string>): string | undefined {
  const syntax = directives.get('syntax');
  if (syntax !== undefined && !/^(?:docker\.io\/)?docker\/dockerfile(?::1[0-9.]*)?(?:@sha256:[0-9a-f]{64})?$/.test(syntax))
    return `the syntax ${syntax} needs its own frontend`;
  return directives.get('escape') === '`' ? 'the escape character is not a backslash' : undefined;
}

/** Whether a source of ADD is a URL or a git repository. */
export function isDownload(source: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(source);
}

export function isRefusal(value: object): value is Refusal {
  return 'why' in value && 'instruction' in value;
}

/** Stops at an unsupported line; `attempt` returns the refusal. */
export function refuse({ line, keyword }: Pick<Line, 'line' | 'keyword'>, why: string, absent?: string): never {
  const refusal: Refusal = { line, instruction: keyword, why, ...(absent !== undefined && { absent }) };
  throw Object.assign(new Error(why), { refusal });
}

/** The result of `work`, or the refusal that stopped it. */
export function attempt<T extends object>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    const { refusal } = error as { refusal?: Refusal };
    if (!refusal) throw error;
    return refusal;
  }
}

/** Thrown by a line whose source does not exist in the build context. */
export class SourceNotFound extends Error {
  constructor(readonly source: string) {
    super(`${source} is not in the build context`);
  }
}

/** Converts an error of a line to its refusal. */
export function refuseFor(line: Pick<Line, 'line' | 'keyword'>, error: unknown): never {
  return refuse(line, (error as Error).message, error instanceof SourceNotFound ? error.source : undefined);
}

/** Processes one line; an error becomes the line's refusal. */
export function atLine<T>(line: Pick<Line, 'line' | 'keyword'>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ('refusal' in (error as object)) throw error;
    return refuseFor(line, error);
  }
}

interface Stage {
  from: Line;
  /** The index of its FROM. */
  start: number;
  name: string;
  body: Line[];
}

function stagesOf(lines: readonly Line[], fail: (why: string, line: number) => never): Stage[] {
  const starts = lines.flatMap(({ keyword }, index) => (keyword === 'FROM' ? [index] : []));
  if (starts.length === 0) fail('it has no FROM', 1);
  return starts.map((start, index) => {
    const from = lines[start]!;
    const [, as, name = ''] = from.tokens.map(({ text }) => text);
    if (from.tokens.length !== 1 && (from.tokens.length !== 3 || as!.toUpperCase() !== 'AS'))
      refuse(from, 'it is not "FROM image" or "FROM image AS name"');
    return { from, start, name: name.toLowerCase(), body: lines.slice(start + 1, starts[index + 1]) };
  });
}

/** The stages that the last one is based on, in order, starting with the stage that is based on an image. */
function chainOf(stages: readonly Stage[], global: Scope, platform: string): (Stage & { image: string })[] {
  const chain: (Stage & { image: string })[] = [];
  for (let index = stages.length - 1; ;) {
    const stage = stages[index]!;
    const image = atLine(stage.from, () => imageOf(stage.from, global, platform));
    chain.unshift({ ...stage, image });
    const below = stages.findLastIndex(({ name }, at) => at < index && name !== '' && name === image.toLowerCase());
    if (below === -1) return chain;
    index = below;
  }
}

function imageOf({ tokens, flags }: Line, global: Scope, platform: string): string {
  for (const [flag, value] of flagsOf(flags)) {
    if (flag !== '--platform') throw new Error(`${flag} is not a flag of FROM`);
    refuseBuildPlatform(value, global);
    const wanted = expandWord(value, global);
    if (wanted === '') throw new Error(`its platform ${value} is empty`);
    if (normalizePlatform(wanted) !== normalizePlatform(platform))
      throw new Error(`its platform is ${wanted}, and the build is for ${platform}`);
  }
  refuseBuildPlatform(tokens[0]!.text, global);
  const image = expandWord(tokens[0]!.text, global);
  if (image === '') throw new Error('it names no image');
  return image;
}

/** Docker predefines them too, but what they stand for is not the same everywhere. */
function refuseBuildPlatform(word: string, scope: Scope): void {
  const [, name] = /\$\{?(BUILD(?:PLATFORM|OS|ARCH|VARIANT))\b/.exec(word) ?? [];
  if (name !== undefined && !scope.has(name))
    throw new Error(
      `$${name} is the platform of the build machine, and an image is the same wherever it is built: use $${name.replace('BUILD', 'TARGET')}`,
    );
}

/** An argument may use earlier ones. */
function globalScope(lines: readonly Line[], given: Scope, platform: string): Scope {
  const scope = new Map(platformArguments(platform).map(([name, value]) => [name, given.get(name) ?? value]));
  for (const line of lines) {
    if (line.keyword !== 'ARG') refuse(line, 'only ARG may stand before the first FROM');
    atLine(line, () => {
      for (const [name, value] of declarationsOf(line)) {
        const known = given.get(name) ?? (value === undefined ? undefined : expandWord(value, scope));
        if (known !== undefined) scope.set(name, known);
      }
    });
  }
  return scope;
}

/** The platform arguments that Docker predefines. Without BUILDPLATFORM and its parts: they depend on the build machine, but the image must not. */
export function platformArguments(platform: string): [string, string][] {
  const [os = '', architecture = '', variant = ''] = platform.split('/');
  return [
    ['TARGETPLATFORM', platform],
    ['TARGETOS', os],
    ['TARGETARCH', architecture],
    ['TARGETVARIANT', variant],
  ];
}

function check(line: Line): void {
  const { keyword, tokens } = line;
  if (keyword === 'RUN') refuse(line, 'it runs a program, which needs an engine');
  if (keyword === 'ONBUILD') refuse(line, 'it takes effect in other images, which needs an engine');
  if (!KNOWN.includes(keyword)) refuse(line, 'it is not supported without an engine');
  if (keyword === 'ARG' && tokens.some(({ text }) => /^BUILD(?:PLATFORM|OS|ARCH|VARIANT)\b/.test(text)))
    refuse(line, 'it depends on the build machine, and the image must be the same from every machine');
  if (keyword === 'COPY' || keyword === 'ADD') checkCopy(line);
}

function checkCopy(line: Line): void {
  const flags = atLine(line, () => flagsOf(line.flags));
  if (flags.has('--from'))
    refuse(line, `it takes files from ${flags.get('--from') || 'another stage'}, not from the build context`);
  for (const flag of flags.keys()) if (flag !== '--chown' && flag !== '--chmod') refuse(line, `${flag} needs an engine`);
  if (line.tokens.some(({ text }) => /^<<-?["']?[A-Za-z_]/.test(text))) refuse(line, 'it has a here-document');
}
