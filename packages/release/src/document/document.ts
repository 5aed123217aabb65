import { isCollection, isScalar, Lexer, LineCounter, parseDocument, Parser, visit } from 'yaml';
import type { Document, Node, YAMLError } from 'yaml';
import { LIMITS } from '../problem/limits';
import type { Place, Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import { keyText, placesOf } from './places';
import type { DocumentPath, Places } from './places';
import { readsAlike } from './scalars';
import { type ForeignYaml, readPlainScalars, type TaggedValue, taggedValues } from './foreign';

const MAX_DOCUMENT = LIMITS.documentBytes.max;
export type { DocumentPath } from './places';

/** Every reader of trees is recursive: deeper ones could end the process. */
const MAX_DEPTH = LIMITS.documentDepth.max;

/** A YAML document read with its places: what it says as plain data, and where each part of it stands. */
export interface ReadDocument {
  /** The document as plain data; undefined when it could not be read. */
  value: unknown;
  problems: Problem[];
  /** Values that YAML 1.1, which the platform reads, and YAML 1.2 understand differently. */
  ambiguous: Problem[];
  /** Where the value at `path` stands (`at: 'key'`: where its key stands); for a path that is not there, its nearest parent. */
  place(path: DocumentPath, at?: 'key'): Place;
  /** The scalar at `path` as it is written, without its quotes. */
  source(path: DocumentPath): string | undefined;
  /** The values with a tag, which only a foreign file may have. */
  tagged: readonly TaggedValue[];
}

/**
 * Reads one YAML document (JSON is YAML too). Anchors, aliases and merge keys are refused: they are what makes YAML bombs, the platform's
 * reader and ours would not agree on them, and a file with them cannot be edited by a generator without surprises. `foreign`: a file of another program, which may have them, and tags.
 */
export function readDocument(content: string | Uint8Array, file: string, foreign?: ForeignYaml): ReadDocument {
  const anchors = foreign !== undefined;
  const text = decode(content, file);
  if (typeof text !== 'string') return broken([text], file);
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const at = { file, line: text.slice(0, deep).split('\n').length };
    return broken([{ code: 'yaml-syntax', message: `${file} is nested more than ${MAX_DEPTH} levels deep here.`, at }], file);
  }
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: anchors, version: '1.2', uniqueKeys: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), col: Math.max(col, 1) };
  };
  const warnings = anchors ? doc.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED') : doc.warnings;
  const problems = [...doc.errors, ...duplicateKeys(doc), ...warnings]
    .sort((a, b) => a.pos[0]! - b.pos[0]!)
    .slice(0, 20)
    .map((error) => syntaxProblem(error, at(error.pos[0]!)));
  if (problems.length === 0 && doc.directives?.yaml.version !== '1.2') {
    const message = `This document asks to be read as YAML ${doc.directives?.yaml.version}, in which unquoted words such as yes and 1:30 are no texts.`;
    problems.push({ code: 'yaml-syntax', message, hint: 'remove the line %YAML', at: { file, line: 1, col: 1 } });
  }
  if (problems.length === 0) problems.push(...tooMany(doc, file));
  if (problems.length === 0 && !anchors) problems.push(...aliases(doc, at));
  if (problems.length === 0 && (doc.contents === null || (isScalar(doc.contents) && doc.contents.source === ''))) {
    problems.push({
      code: 'yaml-empty',
      message: `${file} is empty.`,
      hint: 'nx g @kdcube/nx:release    writes one to start from',
      at: { file },
    });
  }
  if (problems.length === 0 && foreign)
    for (const key of readPlainScalars(doc, foreign))
      problems.push({
        code: 'yaml-syntax',
        message: 'A key is not a text here.',
        hint: 'put it in quotes',
        at: at(key.range?.[0] ?? 0),
      });
  if (problems.length > 0) return broken(problems, file);
  const places = placesOf(doc);
  const value = plainData(doc, anchors);
  if (value === undefined)
    return broken(
      [{ code: 'yaml-alias', message: `The aliases of ${file} stand for too much, or for themselves.`, at: { file } }],
      file,
    );
  return {
    value: value.data,
    problems,
    // JSON has one meaning everywhere.
    ambiguous: file.endsWith('.json') ? [] : ambiguous(doc, places, at),
    place: (path, which) => ({ ...at(places.offsetOf(path, which)), ...(path.length > 0 && { path: shownPath(path) }) }),
    source: (path) => {
      const node = places.nodeAt(path);
      return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
    tagged: anchors ? taggedValues(doc, places) : [],
  };
}

/** Undefined where the aliases of a document would make it endless. */
function plainData(doc: Document, anchors: boolean): { data: unknown } | undefined {
  if (!anchors) return { data: doc.toJS({ maxAliasCount: 0 }) };
  try {
    const data: unknown = doc.toJS({ maxAliasCount: 100 });
    return JSON.stringify(data).length <= LIMITS.aliasBytes.max ? { data } : undefined;
  } catch {
    return undefined;
  }
}

/** `bundles.items[1].ref` */
export function shownPath(path: DocumentPath): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${/^[\w@+-]+$/.test(part) ? part : quoted(part)}`,
    )
    .join('');
}

function decode(content: string | Uint8Array, file: string): string | Problem {
  const size = typeof content === 'string' ? new TextEncoder().encode(content).byteLength : content.byteLength;
  if (size > MAX_DOCUMENT) {
    return {
      code: 'file-too-large',
      message: `${file} has ${size} bytes. Nothing of this kind has more than ${MAX_DOCUMENT}.`,
      at: { file },
    };
  }
  const notText = (why: string): Problem => ({
    code: 'not-text',
    message: `${file} is not UTF-8 text: ${why}.`,
    hint: `iconv -t UTF-8 ${file}`,
    at: { file },
  });
  let text: string;
  if (typeof content === 'string') text = content;
  else {
    if ((content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff))
      return notText('it is UTF-16');
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    } catch {
      return notText('it holds bytes that are no characters');
    }
  }
  if (text.includes('\0')) return notText('it holds NUL characters');
  return text.replace(/^\uFEFF/, '');
}

function broken(problems: Problem[], file: string): ReadDocument {
  return { value: undefined, problems, ambiguous: [], place: () => ({ file }), source: () => undefined, tagged: [] };
}

/** Where a text nests deeper than MAX_DEPTH. Only the tokens are read: they need no recursion, whatever they say. */
function tooDeepAt(text: string): number | undefined {
  if (isFlat(text)) return undefined;
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) void token;
    if (parser.stack.length > MAX_DEPTH) return parser.offset;
  }
  return undefined;
}

/**
 * Whether a text cannot nest too deeply, whatever it means: a level costs a bracket, or an indicator in its line, or a column before it, where a mapping and a list may share one. Nearly every text is such
 * a one, and need not be read twice.
 */
function isFlat(text: string): boolean {
  const brackets = countOf(text, /[[{]/g);
  return text.split('\n').every((line) => {
    const columns = line.length - line.trimStart().length;
    return 2 * (columns + 1) + countOf(line, /[-?:](?=\s|$)/g) + brackets + 4 <= MAX_DEPTH;
  });
}

function countOf(text: string, what: RegExp): number {
  return text.match(what)?.length ?? 0;
}

/** What is said instead of the parser's own words where those would quote the document, which may hold a secret. */
const OWN_TEXTS: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'an alias or anchor is not written as one',
  BAD_DIRECTIVE: 'a line that starts with % is no directive',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no escape; a single-quoted text keeps backslashes as they are',
  IMPOSSIBLE: 'nothing can be made of this line',
  TAG_RESOLVE_FAILED: 'tags (words that start with "!") are not allowed here',
  UNEXPECTED_TOKEN: 'something stands here that does not belong here; a quote, a comma or a line end may be missing before it',
};

/** The parser's own search compares each key with all before it. */
function duplicateKeys(doc: Document): SyntaxProblem[] {
  const found: SyntaxProblem[] = [];
  visit(doc, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const key = keyText(pair);
        if (key === undefined) continue;
        if (!seen.has(key)) seen.add(key);
        else found.push({ code: 'DUPLICATE_KEY', message: '', pos: (pair.key as Node | null)?.range ?? [0] });
      }
    },
  });
  return found;
}

type SyntaxProblem = Pick<YAMLError, 'code' | 'message'> & { pos: readonly number[] };

function tooMany(doc: Document, file: string): Problem[] {
  let values = 0;
  let aliases = 0;
  visit(doc, {
    Pair: () => void (values += 1),
    Seq: (_, list) => void (values += list.items.length),
    Alias: () => void (aliases += 1),
  });
  const limits = [
    [values, LIMITS.documentValues],
    [aliases, LIMITS.documentAliases],
  ] as const;
  return limits.flatMap(([count, { max, unit }]): Problem[] => {
    const message = `${file} has ${count} ${unit}. At most ${max} are read.`;
    return count > max ? [{ code: 'limit-exceeded', message, at: { file } }] : [];
  });
}

function syntaxProblem({ code, message }: Pick<YAMLError, 'code' | 'message'>, at: Place): Problem {
  if (code === 'DUPLICATE_KEY')
    return { code: 'yaml-duplicate-key', message: 'This key is written twice in one mapping; one of the two would be lost.', at };
  if (code === 'MULTIPLE_DOCS')
    return {
      code: 'yaml-many-documents',
      message: 'A second document starts here. A release is one document.',
      hint: 'remove the line ---',
      at,
    };
  const text = OWN_TEXTS[code] ?? message.split('\n')[0]!;
  return { code: 'yaml-syntax', message: `This is not YAML: ${text}${text.endsWith('.') ? '' : '.'}`, at };
}

function ambiguous(doc: Document, places: Places, at: (offset: number) => Place): Problem[] {
  const problems: Problem[] = [];
  visit(doc, {
    Scalar: (_, node, ancestors) => {
      if (node.type !== 'PLAIN' || node.source === undefined || readsAlike(node.source)) return;
      problems.push({
        code: 'unquoted-value',
        message: `${quoted(node.source)} is read differently by YAML 1.1, which the platform reads, and YAML 1.2: as a text, a number, a date or a boolean.`,
        hint: `"${node.source}"${/^(?:yes|on)$/i.test(node.source) ? ' or true' : /^(?:no|off)$/i.test(node.source) ? ' or false' : ''}`,
        at: { ...at(node.range?.[0] ?? 0), path: shownPath(places.pathTo(node, ancestors)) },
      });
    },
  });
  return problems;
}

function aliases(doc: Document, at: (offset: number) => Place): Problem[] {
  const problems: Problem[] = [];
  const refuse = (what: string, node: Node) => {
    problems.push({
      code: 'yaml-alias',
      message: `${what} is not allowed here: every value is written where it is used.`,
      at: at(node.range?.[0] ?? 0),
    });
    return problems.length >= 20 ? visit.BREAK : undefined;
  };
  visit(doc, {
    Alias: (_, node) => refuse(`The alias ${quoted(`*${node.source}`)}`, node),
    Pair: (_, pair) => {
      if (isCollection(pair.key)) {
        const message = 'A list or mapping cannot be a key here.';
        problems.push({ code: 'yaml-syntax', message, at: at(pair.key.range?.[0] ?? 0) });
      }
      return isScalar(pair.key) && pair.key.value === '<<' ? refuse('The merge key "<<"', pair.key) : undefined;
    },
    Scalar: (_, node) => (node.anchor ? refuse(`The anchor ${quoted(`&${node.anchor}`)}`, node) : undefined),
    Collection: (_, node) => (node.anchor ? refuse(`The anchor ${quoted(`&${node.anchor}`)}`, node) : undefined),
  });
  return problems;
}
