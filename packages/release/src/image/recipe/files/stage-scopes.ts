import type { Line } from '../../dockerfile/lines';
import { expandWord, type Scope } from '../expand';
import { assignmentsOf, declarationsOf } from '../forms';
import { platformArguments, type RecipeOptions } from '../recipe';

/** With more, every stage inheriting the variables of the one before takes quadratic time: the engine decides then. */
const MAX_INHERITED = 100_000;

interface Stage<T> {
  /** The indexes of the stages that it is based on or copies from. */
  needs: Set<number>;
  results: T[];
  /** The variables that the next line sees. */
  variables: Map<string, string>;
  /** The names that ENV sets: stages based on this one inherit them. */
  env: Set<string>;
}

interface Reader<T> {
  stages: Stage<T>[];
  /** The last stage with each name, in lower case. */
  indexes: Map<string, number>;
  /** The arguments before the first FROM. */
  global: Map<string, string>;
  given: Scope;
  /** How many variables stages inherited so far. */
  inherited: number;
}

/** What `read` returns for the lines of all stages that the image needs, in order. `read` gets each line with the variables that it sees. Never throws. */
export function readNeededStages<T>(
  lines: readonly Line[],
  { args, platform }: RecipeOptions,
  read: (line: Line, scope: Scope) => readonly T[],
): T[] {
  const predefined = platformArguments(platform);
  const given = new Map([...predefined, ...Object.entries(args)]);
  const reader: Reader<T> = { stages: [], indexes: new Map(), global: new Map(predefined), given, inherited: 0 };
  for (const line of lines) {
    const stage = reader.stages.at(-1);
    if (line.keyword === 'FROM') openStage(line, reader);
    else if (!stage) for (const [name, value] of declared(line, reader, reader.global)) assign(reader.global, name, value);
    else readLine(line, stage, reader, read);
    if (reader.inherited > MAX_INHERITED) return [];
  }
  const needed = neededIndexes(reader.stages);
  return reader.stages.flatMap(({ results }, index) => (needed.has(index) ? results : []));
}

/** The word with its variables expanded; undefined if one of them is unknown, because the base image may set it. */
export function decidedWord(text: string, scope: Scope): string | undefined {
  for (const [, name] of text.matchAll(/\$\{?(\w+)/g)) if (!scope.has(name!)) return undefined;
  try {
    return expandWord(text, scope);
  } catch {
    return undefined;
  }
}

function openStage<T>({ tokens }: Line, reader: Reader<T>): void {
  const { stages, indexes, global } = reader;
  const [image = '', as = '', name = ''] = tokens.map(({ text }) => text);
  const index = indexes.get(decidedWord(image, global)?.toLowerCase() ?? '');
  const base = index === undefined ? undefined : stages[index];
  const variables = new Map<string, string>();
  for (const inherited of base?.env ?? []) assign(variables, inherited, base!.variables.get(inherited));
  reader.inherited += base?.env.size ?? 0;
  stages.push({ needs: new Set(index === undefined ? [] : [index]), results: [], variables, env: new Set(base?.env) });
  if (as.toUpperCase() === 'AS' && name !== '') indexes.set(name.toLowerCase(), stages.length - 1);
}

function readLine<T>(line: Line, stage: Stage<T>, reader: Reader<T>, read: (line: Line, scope: Scope) => readonly T[]): void {
  const { variables, env } = stage;
  for (const from of sourceStages(line)) {
    const index = /^\d+$/.test(from) ? Number(from) : reader.indexes.get(from);
    if (index !== undefined) stage.needs.add(index);
  }
  stage.results.push(...read(line, variables));
  for (const [name, value] of declared(line, reader, variables))
    // Builders do not agree on whether an ARG replaces the variable of an earlier ENV.
    assign(variables, name, env.has(name) && variables.get(name) !== value ? undefined : value);
  for (const [name, value] of environment(line, variables)) {
    env.add(name);
    assign(variables, name, value);
  }
}

/** The stages, by name or index, that an instruction takes files from. */
function sourceStages({ keyword, flags }: Line): string[] {
  const pattern = keyword === 'RUN' ? /^--mount=.*\bfrom=([^,]+)/ : /^--from=(.+)$/;
  return flags.flatMap(({ text }) => pattern.exec(text)?.[1]?.toLowerCase() ?? []);
}

type Assignment = [name: string, value: string | undefined];

/** The values of an ARG, all with the variables as they were before the line. Without a value, it keeps that of an earlier ARG or ENV. */
function declared<T>(line: Line, { given, global }: Reader<T>, scope: Scope): Assignment[] {
  if (line.keyword !== 'ARG' || line.tokens.length === 0) return [];
  return declarationsOf(line).map(([name, written]) => [
    name,
    given.get(name) ?? (written === undefined ? (global.get(name) ?? scope.get(name)) : decidedWord(written, scope)),
  ]);
}

function environment(line: Line, scope: Scope): Assignment[] {
  if (line.keyword !== 'ENV') return [];
  try {
    return assignmentsOf(line).map(([name, written]) => [name, decidedWord(written, scope)]);
  } catch {
    // The engine rejects it.
    return [];
  }
}

/** An unknown value makes the name unknown. */
function assign(variables: Map<string, string>, name: string, value: string | undefined): void {
  if (value === undefined) variables.delete(name);
  else variables.set(name, value);
}

function neededIndexes<T>(stages: readonly Stage<T>[]): Set<number> {
  const needed = new Set<number>();
  const pending = [stages.length - 1];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const stage = stages[index];
    if (!stage || needed.has(index)) continue;
    needed.add(index);
    pending.push(...stage.needs);
  }
  return needed;
}
