import { isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair } from 'yaml';
import type { Place, Problem } from '../problem';
import { quoted } from '../problem';

/** Bytes. A release of 500 bundles with long descriptions has about 150 kB. */
export const MAX_DOCUMENT = 1024 * 1024;

export type DocumentPath = readonly (string | number)[];

/** A YAML document read with its places: what it says as plain data, and where each part of it stands. */
export interface ReadDocument {
  /** The document as plain data; undefined when it could not be read. */
  value: unknown;
  problems: Problem[];
  /** Where the value at `path` stands (`at: 'key'`: where its key stands); for a path that is not there, its nearest parent. */
  place(path: DocumentPath, at?: 'key'): Place;
  /** The scalar at `path` as it is written, without its quotes. */
  source(path: DocumentPath): string | undefined;
}

/**
 * Reads one YAML document (JSON is YAML too). Anchors, aliases and merge keys are refused: they are what makes YAML bombs, the platform's
 * reader and ours would not agree on them, and a file with them cannot be edited by a generator without surprises.
 */
export function readDocument(content: string | Uint8Array, file: string): ReadDocument {
  const text = decode(content, file);
  if (typeof text !== 'string') return broken([text], file);
  const lines = new LineCounter();
  let doc: Document;
  try {
    doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false, version: '1.2' });
  } catch (error) {
    return broken([{ code: 'yaml-syntax', message: `${file} cannot be read: ${tooDeep(error)}.`, at: { file } }], file);
  }
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), col: Math.max(col, 1) };
  };
  const problems: Problem[] = doc.errors.slice(0, 20).map((error) => syntaxProblem(error.code, error.message, at(error.pos[0])));
  if (problems.length === 0) problems.push(...aliases(doc, at));
  if (problems.length === 0 && doc.contents === null) {
    problems.push({
      code: 'yaml-empty',
      message: `${file} is empty.`,
      hint: 'nx g @kdcube/nx:release    writes one to start from',
      at: { file },
    });
  }
  if (problems.length > 0) return broken(problems, file);
  return {
    value: doc.toJS({ maxAliasCount: 0 }),
    problems,
    place: (path, which) => ({ ...at(offsetOf(doc, path, which)), ...(path.length > 0 && { path: shownPath(path) }) }),
    source: (path) => {
      const node = doc.getIn(path, true);
      return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
  };
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
  const size = typeof content === 'string' ? content.length : content.byteLength;
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
  return { value: undefined, problems, place: () => ({ file }), source: () => undefined };
}

function tooDeep(error: unknown): string {
  return error instanceof RangeError ? 'it is nested too deeply' : String((error as Error).message);
}

function syntaxProblem(code: string, message: string, at: Place): Problem {
  if (code === 'DUPLICATE_KEY')
    return { code: 'yaml-duplicate-key', message: 'This key is written twice in one mapping; one of the two would be lost.', at };
  if (code === 'MULTIPLE_DOCS')
    return {
      code: 'yaml-many-documents',
      message: 'A second document starts here. A release is one document.',
      hint: 'remove the line ---',
      at,
    };
  const text = message.split('\n')[0]!;
  return { code: 'yaml-syntax', message: `This is not YAML: ${text}${text.endsWith('.') ? '' : '.'}`, at };
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
    Pair: (_, pair) => (isScalar(pair.key) && pair.key.value === '<<' ? refuse('The merge key "<<"', pair.key) : undefined),
    Scalar: (_, node) => (node.anchor ? refuse(`The anchor ${quoted(`&${node.anchor}`)}`, node) : undefined),
    Collection: (_, node) => (node.anchor ? refuse(`The anchor ${quoted(`&${node.anchor}`)}`, node) : undefined),
  });
  return problems;
}

function offsetOf(doc: Document, path: DocumentPath, which?: 'key'): number {
  for (let length = path.length; length > 0; length -= 1) {
    const part = path.slice(0, length);
    const pair = pairAt(doc, part);
    const node = doc.getIn(part, true) as Node | undefined;
    // A missing key is shown at its parent's key, where the person has to add it.
    const key = (which === 'key' || length < path.length) && pair ? (pair.key as Node) : undefined;
    const range = key?.range ?? node?.range ?? (pair?.key as Node | undefined)?.range;
    if (range) return range[0];
  }
  return doc.contents?.range?.[0] ?? 0;
}

function pairAt(doc: Document, path: DocumentPath): Pair | undefined {
  const parent = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const last = path[path.length - 1];
  return parent.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(last));
}
