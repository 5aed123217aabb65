import { isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';
import { KdcubeError, quoted } from '../problem';
import { readDocument } from './document';
import type { DocumentPath } from './document';

/**
 * Edits release.yaml as text: the edited value is spliced in at its own place, so comments, order, quoting and white space of everything else
 * stay to the byte. (Printing the parsed document again would move comments and re-wrap lines.)
 */

/** A bundle as a generator writes it. Keys are written in this order; values are quoted. */
export interface NewBundle {
  id: string;
  name?: string;
  description?: string;
  repo?: string;
  ref?: string;
  subdir?: string;
}

/** `text` with `bundle` added after the last one. A bundle with this id that is there already: the text as it is. */
export function addBundle(text: string, file: string, bundle: NewBundle): string {
  const doc = parsed(text, file);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const items = doc.getIn(['bundles', 'items'], true) as Node | undefined;
  const bundles = doc.getIn(['bundles'], true) as Node | undefined;
  if (hasBundle(doc, bundle.id)) return text;
  const fields = Object.entries(bundle).filter(([, value]) => value !== undefined) as [string, string][];
  const block = (indent: string) =>
    fields.map(([key, value], index) => `${indent}${index === 0 ? '- ' : '  '}${key}: ${quote(value)}`).join(eol);
  const flow = `{${fields.map(([key, value]) => `${quote(key)}: ${quote(value)}`).join(', ')}}`;
  return checked(text, file, bundle.id, (): string => {
    if (isSeq(items) && items.items.length > 0) {
      const last = items.items[items.items.length - 1] as Node;
      if (items.flow) return splice(text, last.range![1], `, ${flow}`);
      return afterLine(text, last.range![1], block(' '.repeat(dashColumn(text, items.items[0] as Node))), eol);
    }
    if (items !== undefined || (isMap(bundles) && bundles.has('items'))) {
      const [start, end] = isSeq(items) || isScalar(items) ? [items.range![0], items.range![1]] : [0, 0];
      const indent = `${' '.repeat(keyColumn(doc, text, ['bundles', 'items']))}  `;
      const key = keyNode(doc, ['bundles', 'items'])!;
      const emptied = end > start ? text.slice(0, start).replace(/[ \t]+$/, '') + text.slice(end) : text;
      return afterLine(emptied, key.range![1], block(indent), eol);
    }
    if (isMap(bundles) && bundles.items.some((pair) => isMap(pair.value))) {
      const last = bundles.items[bundles.items.length - 1]!.value as Node;
      if (bundles.flow) return splice(text, last.range![1], `, ${quote(bundle.id)}: ${flow}`);
      const indent = ' '.repeat(columnOf(text, (bundles.items[0]!.key as Node).range![0]));
      const entry = [`${indent}${quote(bundle.id)}:`, ...fields.map(([key, value]) => `${indent}  ${key}: ${quote(value)}`)].join(
        eol,
      );
      return afterLine(text, last.range![1], entry, eol);
    }
    if (isMap(bundles) && !bundles.flow && bundles.items.length > 0) {
      const indent = ' '.repeat(columnOf(text, (bundles.items[0]!.key as Node).range![0]));
      const last = bundles.items[bundles.items.length - 1]!;
      return afterLine(text, ((last.value ?? last.key) as Node).range![1], `${indent}items:${eol}${block(`${indent}  `)}`, eol);
    }
    const key = keyNode(doc, ['bundles']);
    if (key) {
      const value = bundles?.range;
      const emptied = value && value[1] > value[0] ? text.slice(0, value[0]).replace(/[ \t]+$/, '') + text.slice(value[1]) : text;
      return afterLine(emptied, key.range![1], `  items:${eol}${block('    ')}`, eol);
    }
    return `${text}${text === '' || text.endsWith('\n') ? '' : eol}bundles:${eol}  items:${eol}${block('    ')}${eol}`;
  });
}

/** `text` with the scalar at `path` saying `value`, in the quotes that it had. The path must be there. */
export function setText(text: string, file: string, path: DocumentPath, value: string): string {
  const doc = parsed(text, file);
  const node = doc.getIn(path, true);
  if (!isScalar(node) || !node.range) {
    throw new KdcubeError({ code: 'missing-key', message: `${file} has no text at ${path.join('.')}.`, at: { file } });
  }
  if (node.value === value) return text;
  const written = writtenLike(node, value);
  return text.slice(0, node.range[0]) + written + text.slice(node.range[1]);
}

function writtenLike(node: Scalar, value: string): string {
  if (node.type === 'QUOTE_SINGLE') return `'${value.replace(/'/g, "''")}'`;
  return quote(value);
}

/** JSON's strings are YAML's double-quoted ones, and every reader, of 1.1 and of 1.2, takes them for text. */
function quote(value: string): string {
  return JSON.stringify(value);
}

function parsed(text: string, file: string): Document {
  const { problems } = readDocument(text, file);
  const real = problems.filter(({ code }) => code !== 'yaml-empty');
  if (real.length > 0) throw new KdcubeError(real);
  return parseDocument(text);
}

function hasBundle(doc: Document, id: string): boolean {
  const value = doc.toJS({ maxAliasCount: 0 }) as { bundles?: unknown } | null;
  return idsIn(value).includes(id);
}

function idsIn(value: { bundles?: unknown } | null): string[] {
  const bundles = value?.bundles as Record<string, unknown> | null | undefined;
  if (!bundles || typeof bundles !== 'object') return [];
  if (Array.isArray(bundles.items)) return bundles.items.map((item) => (item as { id?: string } | null)?.id ?? '');
  return Object.keys(bundles);
}

/** The promise of this file, kept by looking: the new text reads as the old one with one bundle more. */
function checked(text: string, file: string, id: string, edit: () => string): string {
  const result = edit();
  const after = parseDocument(result);
  const expected = [...idsIn(parseDocument(text).toJS() as never), id].filter(
    (other) => !['default_bundle_id', 'version', 'items', ''].includes(other),
  );
  const found =
    after.errors.length > 0
      ? []
      : idsIn(after.toJS() as never).filter((other) => !['default_bundle_id', 'version', 'items', ''].includes(other));
  if (found.join('\n') !== expected.join('\n')) {
    throw new KdcubeError({
      code: 'wrong-type',
      message: `${quoted(id)} cannot be added to ${file}: its bundles are written in a form that no line fits into.`,
      hint: 'bundles:\n  items:\n    - id: …',
      at: { file },
    });
  }
  return result;
}

function splice(text: string, offset: number, insert: string): string {
  return text.slice(0, offset) + insert + text.slice(offset);
}

/** Inserts whole lines after the line that holds `offset` (its trailing comment stays on it). */
function afterLine(text: string, offset: number, lines: string, eol: string): string {
  const at = text[offset - 1] === '\n' ? offset : text.indexOf('\n', offset) + 1;
  if (at === 0) return `${text}${eol}${lines}${eol}`;
  return `${text.slice(0, at)}${lines}${eol}${text.slice(at)}`;
}

function keyNode(doc: Document, path: DocumentPath): Node | undefined {
  const parent = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  return parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path[path.length - 1])?.key as Node | undefined;
}

function keyColumn(doc: Document, text: string, path: DocumentPath): number {
  return columnOf(text, keyNode(doc, path)!.range![0]);
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function dashColumn(text: string, first: Node): number {
  const start = isCollection(first) ? first.range![0] : first.range![0];
  return columnOf(text, text.lastIndexOf('-', start - 1));
}
