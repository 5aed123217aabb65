import type { Line } from '../../dockerfile/lines';
import type { Scope } from '../expand';
import { flagsOf, jsonForm, recipeLines, textOf } from '../forms';
import { isDownload, unsupportedSyntax, type RecipeOptions } from '../recipe';
import { absolute } from '../values';
import { hasWildcard } from './match';
import { decidedWord, readNeededStages } from './stage-scopes';

/** An entry of a build context: a path, and its mode in git. */
interface ListedFile {
  path: string;
  mode: string;
}

/** The whole context. */
const EVERYTHING = '';

/**
 * The files of a build context that a build can read: the Dockerfile, .dockerignore, and the sources of COPY, ADD and mounts. The result does not depend on other files, so it identifies the
 * content of the image. If a source cannot be decided here (a variable of the base image, a symlink), all files.
 */
export function neededFiles<T extends ListedFile>(
  text: string,
  dockerfile: string,
  options: RecipeOptions,
  files: readonly T[],
): readonly T[] {
  const links = new Set(files.filter(({ mode }) => mode === '120000').map(({ path }) => path));
  const sources = new Set(sourcesOf(text, options));
  if ([...sources].some((source) => source === EVERYTHING || isBehindLink(source, links))) return files;
  const always = new Set([dockerfile, `${dockerfile}.dockerignore`, '.dockerignore']);
  return files.filter(({ path }) => always.has(path) || foldersAndSelf(path).some((each) => sources.has(each)));
}

/** Folders and files, without wildcards. */
function sourcesOf(text: string, options: RecipeOptions): string[] {
  try {
    const { lines, directives } = recipeLines(text, (message) => {
      throw new Error(message);
    });
    if (unsupportedSyntax(directives) !== undefined) return [EVERYTHING];
    const found = readNeededStages(lines, options, (line, scope) => [sourcesOfLine(line, scope)]);
    // With too many variables, no line is read.
    return found.length === 0 && lines.some(({ keyword }) => keyword !== 'FROM') ? [EVERYTHING] : found.flat();
  } catch {
    return [EVERYTHING];
  }
}

function sourcesOfLine(line: Line, scope: Scope): string[] {
  if (line.keyword === 'RUN') return mountedSources(line, scope);
  if (!readsContext(line)) return [];
  try {
    const text = textOf(line);
    const written = (jsonForm(text) ?? text.split(/\s+/)).slice(0, -1).filter((path) => !/^\d*<</.test(path));
    return written.flatMap((path) => sourceOf(path, scope) ?? []);
  } catch {
    return [EVERYTHING];
  }
}

/** Undefined for a download. */
function sourceOf(written: string, scope: Scope): string | undefined {
  const source = decidedWord(written, scope);
  if (source === undefined || source === '') return EVERYTHING;
  if (isDownload(source)) return undefined;
  const parts = absolute(source).slice(1).split('/');
  const wild = parts.findIndex(hasWildcard);
  return (wild === -1 ? parts : parts.slice(0, wild)).join('/');
}

function mountedSources({ flags }: Line, scope: Scope): string[] {
  const mounts = flags.map(({ text }) => text).filter((text) => text.startsWith('--mount='));
  return mounts.flatMap((mount) => {
    // Docker's default type is bind, and its default source is the root of the context.
    if (/[=,]from=/.test(mount) || /[=,]type=(?!bind)/.test(mount)) return [];
    return sourceOf(/[=,](?:source|src)=([^,]*)/.exec(mount)?.[1] ?? '', scope) ?? [];
  });
}

function readsContext({ keyword, flags }: Line): boolean {
  if (keyword !== 'COPY' && keyword !== 'ADD') return false;
  try {
    return !flagsOf(flags).has('--from');
  } catch {
    return true;
  }
}

/** Whether a source is a symlink, or is reached through one. */
function isBehindLink(source: string, links: ReadonlySet<string>): boolean {
  return foldersAndSelf(source).some((each) => links.has(each));
}

function foldersAndSelf(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
