import { linesOf } from '../dockerfile/lines';
import type { Line, Word } from '../dockerfile/lines';

/** The instruction's text behind its flags: what docker splits in its own way, by instruction. */
export function textOf({ rest, flags }: Line): string {
  return flags.reduce((left, { text }) => left.slice(left.indexOf(text) + text.length).trimStart(), rest);
}

/** `["a", "b"]`; undefined where the text is no list of JSON, which is then the other form. What follows the list is ignored, as by docker. Throws where it is a list of something else than texts. */
export function jsonForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  for (let end = text.indexOf(']'); end !== -1; end = text.indexOf(']', end + 1)) {
    const list = parsed(text.slice(0, end + 1));
    if (!Array.isArray(list)) continue;
    if (!list.every((each) => typeof each === 'string')) throw new Error('a list here holds texts only');
    return list as string[];
  }
  return undefined;
}

/** `a=1 b="2 3"`, quotes and variables as they are written; or, where the first word has no `=`, docker's old form `a 1 2`, all behind the name being the value. */
export function assignmentsOf(line: Line): [name: string, value: string][] {
  const words = [...line.flags, ...line.words].map(({ text }) => text);
  if (words.length === 0) throw new Error('it names nothing');
  if (!words[0]!.includes('=')) {
    const [name, value] = splitOnce(line.rest, /\s+/);
    if (value === undefined) throw new Error('it has a name, but no value');
    return [[name, value]];
  }
  return words.map((word) => {
    const [name, value] = splitOnce(word, /=/);
    if (value === undefined) throw new Error(`"${word}" has no =`);
    if (name === '') throw new Error(`"${word}" has no name`);
    return [name, value];
  });
}

/** `ARG a b=1`: a name alone has no value. */
export function declarationsOf({ flags, words }: Line): [name: string, value: string | undefined][] {
  if (words.length === 0) throw new Error('it names nothing');
  return [...flags, ...words].map(({ text }) => splitOnce(text, /=/));
}

/** The flags by name; one without a value has ''. Throws where one is quoted, which docker reads in a way of its own. */
export function flagsOf(flags: readonly Word[]): Map<string, string> {
  return new Map(
    flags.map(({ text }) => {
      if (/["'\\]/.test(text)) throw new Error(`the flag ${text} is quoted`);
      const [name, value = ''] = splitOnce(text, /=/);
      return [name, value];
    }),
  );
}

/** The lines of a Dockerfile, and what its first comments direct. */
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
