import { linesOf } from '../dockerfile/lines';
import type { Line, Token } from '../dockerfile/lines';

/** The instruction's text after its flags, which each instruction parses differently. */
export function textOf({ rest, flags }: Line): string {
  return flags.reduce((left, { text }) => left.slice(left.indexOf(text) + text.length).trimStart(), rest);
}

/** The exec form, `["a", "b"]`; undefined for the shell form. Docker ignores what follows the list. Throws if an element is not a string. */
export function jsonForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  const list = parsed(text.slice(0, listEnd(text)));
  if (!Array.isArray(list)) return undefined;
  if (!list.every((each) => typeof each === 'string')) throw new Error('its list has an element that is not a string');
  return list as string[];
}

/** The index of the bracket that closes the one at the start of `text`. */
function listEnd(text: string): number {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/[[\]]|"(?:[^"\\]|\\[^])*"/g)) {
    if (token === '[') depth += 1;
    if (token === ']' && (depth -= 1) === 0) return index + 1;
  }
  return 0;
}

/** Parses `a=1 b="2 3"`, with quotes and variables as written; or, if the first word has no `=`, the legacy form `a 1 2`, in which the rest of the line is the value. */
export function assignmentsOf(line: Line): [name: string, value: string][] {
  const pairs = [...line.flags, ...line.tokens].map(({ text }) => text);
  if (pairs.length === 0) throw new Error('it has no argument');
  if (!pairs[0]!.includes('=')) {
    const [name, value] = splitOnce(line.rest, /\s+/);
    if (value === undefined) throw new Error('it has a name, but no value');
    return [[name, value]];
  }
  return pairs.map((word) => {
    const [name, value] = splitOnce(word, /=/);
    if (value === undefined) throw new Error(`"${word}" has no =`);
    if (name === '') throw new Error(`"${word}" has no name`);
    return [name, value];
  });
}

/** The declarations of `ARG a b=1`: `a` has no default. */
export function declarationsOf({ flags, tokens }: Line): [name: string, value: string | undefined][] {
  if (tokens.length === 0) throw new Error('it has no argument');
  return [...flags, ...tokens].map(({ text }) => splitOnce(text, /=/));
}

/** The flags by name, '' for a flag without a value. Throws for a quoted flag, which Docker parses differently. */
export function flagsOf(flags: readonly Token[]): Map<string, string> {
  return new Map(
    flags.map(({ text }) => {
      if (/["'\\]/.test(text)) throw new Error(`the flag ${text} is quoted`);
      const [name, value = ''] = splitOnce(text, /=/);
      return [name, value];
    }),
  );
}

/** The instructions of a Dockerfile, and its parser directives. */
export function recipeLines(
  text: string,
  fail: (message: string, line: number) => never,
): { lines: Line[]; directives: Map<string, string> } {
  const directives = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    const [, name, value] = /^\s*#\s*([A-Za-z]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) break;
    directives.set(name.toLowerCase(), value!);
  }
  return { lines: linesOf(text, fail), directives };
}

function splitOnce(text: string, by: RegExp): [string, string | undefined] {
  const found = by.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + found[0].length)] : [text, undefined];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
