import type { Line } from '../../dockerfile/lines';
import type { Scope } from '../expand';
import { flagsOf, jsonForm, recipeLines, textOf } from '../forms';
import { isDownload, unsupportedSyntax, type RecipeOptions, type Refusal } from '../recipe';
import { absolute } from '../values';
import { contextOf, FolderNotListed, resolveSource, type Context, type ContextEntry } from './context';
import type { Ignore } from './ignore';
import { hasWildcard } from './match';
import { decidedWord, readNeededStages } from './stage-scopes';

const MAX_REPORTED = 50;

/** A COPY or ADD of a source that is not in the build context: no engine can execute it. */
export interface MissingSource extends Refusal {
  absent: string;
  /** Files of the context with the same name in other folders, at most 3. */
  similar: string[];
}

/**
 * The sources of COPY and ADD that are not in the build context, in the order of their lines. Stages that the image does not need are not checked, because engines skip them.
 * A source is missing only if that is sure: wildcards may match nothing, and a variable may come from the base image. Never throws for the content of the Dockerfile.
 */
export function missingSources(
  text: string,
  options: RecipeOptions,
  entries: readonly ContextEntry[],
  ignore: Ignore,
): MissingSource[] {
  const context = contextOrUndefined(entries, ignore);
  const sources = context ? sourcesOf(text, options) : [];
  const missing = sources.filter(({ path }) => !isPresent(context!, path));
  // More are not printed, and each one searches the whole context.
  return missing.slice(0, MAX_REPORTED).map(({ line, instruction, path }) => ({
    line,
    instruction,
    why: `${path} is not in the build context${isExcluded(entries, path) ? ': .dockerignore excludes it' : ''}`,
    absent: path,
    similar: similarFiles(context!, entries, path),
  }));
}

interface Source {
  line: number;
  instruction: string;
  /** In the context, without `.` and `..`. */
  path: string;
}

function sourcesOf(text: string, options: RecipeOptions): Source[] {
  const { lines, directives } = readLines(text);
  return unsupportedSyntax(directives) === undefined ? readNeededStages(lines, options, sourcesOfLine) : [];
}

/** What cannot be read has no lines: the engine rejects it with its own message. */
function readLines(text: string): ReturnType<typeof recipeLines> {
  try {
    return recipeLines(text, (message) => {
      throw new Error(message);
    });
  } catch {
    return { lines: [], directives: new Map() };
  }
}

function sourcesOfLine(line: Line, scope: Scope): Source[] {
  if (line.keyword !== 'COPY' && line.keyword !== 'ADD') return [];
  return writtenSources(line).flatMap((written): Source[] => {
    const source = decidedWord(written, scope);
    if (source === undefined || source === '' || hasWildcard(source) || isDownload(source)) return [];
    return [{ line: line.line, instruction: line.keyword, path: absolute(source).slice(1) }];
  });
}

/** The sources as written, without here-documents; none if they are not in the context. */
function writtenSources(line: Line): string[] {
  try {
    if (flagsOf(line.flags).has('--from')) return [];
    const text = textOf(line);
    const paths = jsonForm(text) ?? text.split(/\s+/);
    return paths.slice(0, -1).filter((path) => !/^\d*<</.test(path));
  } catch {
    return [];
  }
}

/** Undefined if the content of a folder that is not listed decides what the context has. */
function contextOrUndefined(entries: readonly ContextEntry[], ignore: Ignore): Context | undefined {
  try {
    return contextOf(entries, ignore);
  } catch (error) {
    if (error instanceof FolderNotListed) return undefined;
    throw error;
  }
}

function isPresent(context: Context, path: string): boolean {
  if (context.at(path)) return true;
  try {
    return resolveSource(context, path) !== undefined;
  } catch {
    // A folder that is not listed, or a loop of symlinks.
    return true;
  }
}

function isExcluded(entries: readonly ContextEntry[], path: string): boolean {
  return entries.some((entry) => entry.path === path || entry.path.startsWith(`${path}/`));
}

function similarFiles(context: Context, entries: readonly ContextEntry[], path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const found = entries.filter(
    (entry) => entry.kind === 'file' && (entry.path === name || entry.path.endsWith(`/${name}`)) && context.at(entry.path),
  );
  return found.slice(0, 3).map((entry) => entry.path);
}
