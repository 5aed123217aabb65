import { LIMITS } from '../../problem/limits';
import { quoted } from '../../problem/problem';
import type { Line, Token } from './lines';
import { spanOf } from './lines';
import { expand, isTooLong, namesConfig, namesFrontend, touchesBundles, unquoted } from './words';

/** Build arguments that name a registry. They are not part of the content key: the same image can come from and go to any registry. */
export const REGISTRY_ARGS = ['KDCUBE_PLATFORM_REGISTRY', 'KDCUBE_REGISTRY'] as const;
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

/** The state of reading a Dockerfile, instruction by instruction. */
export interface Scan {
  args: Readonly<Record<string, string>>;
  /** The names of all stages, '' for a stage without one. */
  stages: readonly string[];
  /** The index of the first stage with each name, which is the one that FROM uses. */
  indexes: ReadonlyMap<string, number>;
  /** The number of FROMs so far. */
  stage: number;
  bases: Map<string, ExternalBase>;
  /** The arguments before the first FROM. */
  global: Map<string, string>;
  /** The variables of the current stage. */
  scope: Map<string, string>;
  copiesBundles: boolean;
  copiesFrontend: boolean;
  copiesConfig: boolean;
  /** The characters of all values so far. */
  expanded: number;
  fail(message: string, line: number, hint?: string): never;
}

export function newScan(args: Readonly<Record<string, string>>, stages: readonly string[], fail: Scan['fail']): Scan {
  const automatic = AUTOMATIC_ARGS.flatMap((name): [string, string][] =>
    Object.hasOwn(args, name) ? [[name, args[name]!]] : [],
  );
  const indexes = new Map(stages.map((name, index) => [name, index] as const).reverse());
  const variables = { global: new Map(automatic), scope: new Map<string, string>() };
  const copies = { copiesBundles: false, copiesFrontend: false, copiesConfig: false };
  return { args, stages, indexes, stage: 0, bases: new Map(), ...variables, ...copies, expanded: 0, fail };
}

/** Reads one instruction. */
export function scanLine(scan: Scan, line: Line): void {
  switch (line.keyword) {
    case 'ARG':
      return scanVariables(scan, line);
    case 'ENV':
      // Before the first FROM, Docker rejects it.
      return scan.stage > 0 ? scanVariables(scan, line) : undefined;
    case 'FROM':
      return scanFrom(scan, line);
    case 'COPY':
    case 'ADD':
      return scanCopy(scan, line);
    case 'RUN':
      return scanMounts(scan, line);
  }
}

function scanVariables(scan: Scan, { keyword, tokens, line }: Line): void {
  const { stage, global, scope, args, fail } = scan;
  const later: [string, string][] = [];
  for (const [name, written] of assignments(tokens, stage === 0 ? global : scope)) {
    scan.expanded += written?.length ?? 0;
    if (isTooLong(written ?? '') || scan.expanded > LIMITS.expandedTotal.max) fail(tooLong(name), line, 'a shorter value');
    const value = keyword === 'ARG' ? (argument(name, args) ?? written ?? global.get(name)) : written;
    // Otherwise the registry would be part of the image's history: one content key, but a different image for each registry.
    if (stage > 0 && keyword === 'ARG' && namesRegistry(name, value))
      fail(
        `${name} names a registry, and after FROM it would become part of the image: the same image can come from any registry.`,
        line,
        `ARG ${name}    before the first FROM, and only there`,
      );
    if (value === undefined) continue;
    // After FROM, a line sees the variables as they were before the line; before FROM, an argument may use the previous one.
    if (stage === 0) global.set(name, value);
    else later.push([name, value]);
  }
  for (const [name, value] of later) scope.set(name, value);
}

function tooLong(name: string): string {
  return `With its variables expanded, ${quoted(name)} has more than ${LIMITS.expandedCharacters.max} characters.`;
}

function scanFrom(scan: Scan, { tokens, line }: Line): void {
  const { indexes, stage, global, fail } = scan;
  const image = tokens[0];
  if (!image) return fail('This FROM names no image.', line);
  const name = expand(image.text, global, (variable) =>
    fail(`The image ${quoted(image.text)} uses ${variable}, which nothing sets before the first FROM.`, line, `ARG ${variable}`),
  );
  if (isTooLong(name)) fail(tooLong(image.text), line, 'a shorter value');
  if (name !== 'scratch' && (indexes.get(name.toLowerCase()) ?? stage) >= stage) addBase(scan, name, image, line);
  scan.stage += 1;
  scan.scope = new Map();
}

function scanCopy(scan: Scan, { tokens, flags, line, rest }: Line): void {
  const from = flags.find((flag) => flag.text.startsWith('--from='));
  if (from) addSource(scan, from, line, '--from='.length, from.text.length);
  else for (const source of sourcesOf(tokens, rest)) addCopied(scan, source);
}

function scanMounts(scan: Scan, { flags, line }: Line): void {
  for (const flag of flags.filter(({ text }) => text.startsWith('--mount='))) {
    const from = /[=,]from=([^,]+)/.exec(flag.text);
    if (from) addSource(scan, flag, line, from.index + '=from='.length, from.index + from[0].length);
    else if (!/[=,]type=(?!bind)/.test(flag.text)) addCopied(scan, /[,=](?:source|src)=([^,]*)/.exec(flag.text)?.[1] ?? '.');
  }
}

/** A source in the build context. */
function addCopied(scan: Scan, source: string): void {
  scan.copiesBundles ||= touchesBundles(source, scan.scope);
  scan.copiesFrontend ||= namesFrontend(source, scan.scope);
  scan.copiesConfig ||= namesConfig(source, scan.scope);
}

/** `--from` and `from=` name a stage, its index, or an image; Docker does not expand variables here. */
function addSource(scan: Scan, token: Token, line: number, from: number, to: number): void {
  const { stages, indexes, fail } = scan;
  const name = token.text.slice(from, to);
  if (name.includes('$'))
    fail(`Docker does not expand variables here: ${quoted(name)}.`, line, `FROM ${name} AS source    and --from=source`);
  if (/^\d+$/.test(name) && Number(name) >= stages.length) fail(`There is no stage ${name}.`, line);
  if (!/^\d+$/.test(name) && !indexes.has(name.toLowerCase())) addBase(scan, name, token, line, from, to);
}

function addBase({ bases, fail }: Scan, name: string, token: Token, line: number, from = 0, to = token.text.length): void {
  const written = token.text.slice(from, to);
  if (!/^[\w${}./:@-]+$/.test(name)) fail(`${quoted(written)} is not the name of an image.`, line);
  const base = bases.get(name) ?? { name, written, line, places: [] };
  base.places.push(spanOf(token, from, to));
  bases.set(name, base);
}

/** An argument that names a registry stays a variable; any other gets the build's value. */
function argument(name: string, args: Readonly<Record<string, string>>): string | undefined {
  if ((REGISTRY_ARGS as readonly string[]).includes(name)) return `\${${name}}`;
  return Object.hasOwn(args, name) ? args[name] : undefined;
}

function namesRegistry(name: string, value: string | undefined): boolean {
  const isRegistry = (text: string) => REGISTRY_ARGS.some((variable) => text === variable || text.includes(`\${${variable}}`));
  return isRegistry(name) || (value !== undefined && isRegistry(value));
}

function* assignments(tokens: readonly Token[], scope: ReadonlyMap<string, string>): Generator<[string, string | undefined]> {
  for (const { text } of tokens) {
    const [, name = text, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    yield [name, value === undefined ? undefined : expand(value, scope, () => '')];
  }
}

function sourcesOf(tokens: readonly Token[], rest: string): string[] {
  const list = /\[[^]*$/.exec(tokens[0]?.text.startsWith('[') ? rest : '')?.[0];
  try {
    if (list !== undefined) return (JSON.parse(list) as string[]).slice(0, -1);
  } catch {
    // Not JSON: a file name with brackets.
  }
  return tokens
    .slice(0, -1)
    .map(({ text }) => unquoted(text))
    .filter((text) => !text.startsWith('<<'));
}
