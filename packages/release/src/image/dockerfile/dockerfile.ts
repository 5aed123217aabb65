import { KdcubeError, quoted } from '../../problem/problem';
import { expand, touchesBundles, unquoted } from './words';
import { linesOf, spanOf } from './lines';
import type { Instruction, Line, Token } from './lines';

/** Build arguments that name a registry. They are not part of the content key: the same image can come from and go to any registry. */
export const REGISTRY_ARGS = ['KDCUBE_PLATFORM_REGISTRY', 'KDCUBE_REGISTRY'] as const;
/** The build argument that gets platform.ref. */
export const PLATFORM_REF_ARG = 'KDCUBE_PLATFORM_REF';

/** Build arguments that Docker predefines for every FROM, declared or not. */
const AUTOMATIC_ARGS = ['TARGET', 'BUILD'].flatMap((of) => ['PLATFORM', 'OS', 'ARCH', 'VARIANT'].map((part) => of + part));

/** An external image that a Dockerfile uses. */
export interface ExternalBase {
  /** With arguments expanded, except for the registry's: its key in the pin. */
  name: string;
  /** As written at its first use. */
  written: string;
  /** The line of its first use, counted from 1. */
  line: number;
  /** The offsets of all uses in the file, for pinBases. */
  places: [start: number, end: number][];
}

export interface Dockerfile {
  instructions: Instruction[];
  /** Each image once. */
  bases: ExternalBase[];
  /** Whether it copies from the folder `bundles` of the build context: the image contains the release's bundles then. */
  copiesBundles: boolean;
  /** Whether it declares the build argument that gets platform.ref. */
  usesPlatformRef: boolean;
}

/**
 * Reads as much of a Dockerfile as planning needs: its external images (FROM, COPY --from, RUN --mount=from), and whether it copies bundles. `args` are the build arguments; as in Docker, FROM sees
 * only those that the Dockerfile declares. ONBUILD is ignored: it takes effect in other images. Throws a Problem for a file that Docker rejects too, and for an image that no pin can name.
 */
export function readDockerfile(text: string, file: string, args: Record<string, string>): Dockerfile {
  const fail = (message: string, line: number, hint?: string): never => {
    throw new KdcubeError({ code: 'dockerfile-unreadable', message, hint, at: { file, line } });
  };
  const lines = linesOf(text, fail);
  const stages = lines.filter(({ keyword }) => keyword === 'FROM').map(stageName);
  if (stages.length === 0) fail(`${file} has no FROM.`, 1);
  const bases = new Map<string, ExternalBase>();
  const global = new Map(AUTOMATIC_ARGS.flatMap((name) => (Object.hasOwn(args, name) ? [[name, args[name]!]] : [])));
  let scope = new Map<string, string>();
  let stage = 0;
  let copiesBundles = false;
  const add = (name: string, word: Token, line: number, from = 0, to = word.text.length) => {
    const written = word.text.slice(from, to);
    if (!/^[\w${}./:@-]+$/.test(name)) fail(`${quoted(written)} is not the name of an image.`, line);
    const base = bases.get(name) ?? { name, written, line, places: [] };
    base.places.push(spanOf(word, from, to));
    bases.set(name, base);
  };
  /** `--from` and `from=` name a stage, its index, or an image; Docker does not expand variables here. */
  const addFrom = (word: Token, line: number, from: number, to: number) => {
    const name = word.text.slice(from, to);
    if (name.includes('$'))
      fail(`Docker does not fill arguments in here: ${quoted(name)}.`, line, `FROM ${name} AS source    and take it from there`);
    if (/^\d+$/.test(name) && Number(name) >= stages.length) fail(`There is no stage ${name}.`, line);
    if (!/^\d+$/.test(name) && !stages.includes(name.toLowerCase())) add(name, word, line, from, to);
  };
  for (const { keyword, tokens, flags, line, rest } of lines) {
    if (keyword === 'ARG' || (keyword === 'ENV' && stage > 0)) {
      // After FROM, a line sees the variables as they were before the line; before FROM, an argument may use the previous one.
      for (const [name, value] of assignments(tokens, stage === 0 ? global : new Map(scope))) {
        const known = keyword === 'ARG' ? (argument(name, args) ?? value ?? global.get(name)) : value;
        // It would be part of the image's history: one content key, but another image for each registry.
        if (stage > 0 && keyword === 'ARG' && namesRegistry(name, known))
          fail(
            `${name} names a registry, and behind FROM it would become part of the image: the same image can come from any registry.`,
            line,
            `ARG ${name}    before the first FROM, and only there`,
          );
        if (known !== undefined) (stage === 0 ? global : scope).set(name, known);
      }
    } else if (keyword === 'FROM') {
      const image = tokens[0];
      if (!image) return fail('This FROM names no image.', line);
      const name = expand(image.text, global, (variable) =>
        fail(
          `The image ${quoted(image.text)} uses ${variable}, which nothing sets before the first FROM.`,
          line,
          `ARG ${variable}`,
        ),
      );
      if (name !== 'scratch' && !stages.slice(0, stage).includes(name.toLowerCase())) add(name, image, line);
      stage += 1;
      scope = new Map();
    } else if (keyword === 'COPY' || keyword === 'ADD') {
      const from = flags.find((flag) => flag.text.startsWith('--from='));
      if (from) addFrom(from, line, '--from='.length, from.text.length);
      else copiesBundles ||= sourcesOf(tokens, rest).some((source) => touchesBundles(source, scope));
    } else if (keyword === 'RUN') {
      for (const flag of flags.filter((word) => word.text.startsWith('--mount='))) {
        const from = /[=,]from=([^,]+)/.exec(flag.text);
        if (from) addFrom(flag, line, from.index + '=from='.length, from.index + from[0].length);
        else if (!/[=,]type=(?!bind)/.test(flag.text))
          copiesBundles ||= touchesBundles(/[,=](?:source|src)=([^,]*)/.exec(flag.text)?.[1] ?? '.', scope);
      }
    }
  }
  const instructions = lines.map(({ keyword, rest, line }) => ({ keyword, rest, line }));
  return { instructions, bases: [...bases.values()], copiesBundles, usesPlatformRef: lines.some(declaresPlatformRef) };
}

/**
 * The Dockerfile with every external image replaced by its pinned digest, so that a tag that has moved changes nothing; the rest is unchanged to the byte.
 * `bases` must be what readDockerfile found in this text; `references` maps the name of a base to its full reference.
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

/** A registry's argument stays a variable; any other gets the build's value. */
function argument(name: string, args: Record<string, string>): string | undefined {
  if ((REGISTRY_ARGS as readonly string[]).includes(name)) return `\${${name}}`;
  return Object.hasOwn(args, name) ? args[name] : undefined;
}

function namesRegistry(name: string, value: string | undefined): boolean {
  const isRegistry = (text: string) => REGISTRY_ARGS.some((variable) => text === variable || text.includes(`\${${variable}}`));
  return isRegistry(name) || (value !== undefined && isRegistry(value));
}

function* assignments(words: readonly Token[], known: ReadonlyMap<string, string>): Generator<[string, string | undefined]> {
  for (const { text } of words) {
    const [, name = text, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    yield [name, value === undefined ? undefined : expand(value, known, () => '')];
  }
}

function declaresPlatformRef({ keyword, tokens }: Line): boolean {
  return keyword === 'ARG' && tokens.some(({ text }) => text.split('=')[0] === PLATFORM_REF_ARG);
}

function sourcesOf(words: readonly Token[], rest: string): string[] {
  const list = /\[[^]*$/.exec(words[0]?.text.startsWith('[') ? rest : '')?.[0];
  try {
    if (list !== undefined) return (JSON.parse(list) as string[]).slice(0, -1);
  } catch {
    // Not JSON: a file name with brackets.
  }
  return words
    .slice(0, -1)
    .map(({ text }) => unquoted(text))
    .filter((text) => !text.startsWith('<<'));
}
