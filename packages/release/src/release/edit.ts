import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { KdcubeError, quoted } from '../problem/problem';
import { readDocument, shownPath } from '../document/document';
import type { DocumentPath } from '../document/document';
import { isMapping } from '../document/layers';
import { isOnlyAdded } from '../document/only-added';
import { isPlainText } from '../document/scalars';
import { afterEntry, afterLine, columnOf, eolOf, replace } from '../document/splice';

/**
 * Edits release.yaml as text: the new value replaces only its own characters, so comments, order, quoting and white space of everything
 * else are unchanged to the byte. (Printing the parsed document would move comments and re-wrap lines.)
 */

/** A bundle for a generator to write. Keys are written in this order; values are quoted. */
export interface NewBundle {
  id: string;
  name?: string;
  description?: string;
  repo?: string;
  ref?: string;
  subdir?: string;
}

/**
 * Adds `bundle` after the last one, in the form of the existing bundles (a list, a map, JSON). If a bundle with this id already exists,
 * returns the text unchanged. Throws a Problem if the text cannot be parsed, or no line fits into its form.
 */
export function addBundle(text: string, file: string, bundle: NewBundle): string {
  const doc = parsed(text, file);
  if (bundlesIn(doc.toJS()).ids.includes(bundle.id)) return text;
  const result = withEntry(text, doc, formsOf(bundle, eolOf(text)));
  if (!onlyAdded(text, result, bundle.id)) {
    throw new KdcubeError({
      code: 'wrong-type',
      message: `${quoted(bundle.id)} cannot be added to ${file}: its bundles are written in a form that no line fits into.`,
      hint: 'bundles:\n  items:\n    - id: …',
      at: { file },
    });
  }
  return result;
}

/** Replaces the scalar at `path` by `value`, with the same quotes. The path must exist. */
export function setText(text: string, file: string, path: DocumentPath, value: string): string {
  const doc = parsed(text, file);
  const node = doc.getIn(path, true);
  if (!isScalar(node) || !node.range) {
    throw new KdcubeError({ code: 'missing-key', message: `${file} has no text at ${shownPath(path)}.`, at: { file } });
  }
  if (node.value === value) return text;
  const [start, end] = node.range;
  const space = /[:-]/.test(text[start - 1] ?? '') ? ' ' : '';
  // A block scalar (| or >) ends with its line.
  const lineEnd = text[end - 1] === '\n' ? eolOf(text) : '';
  const result = replace(text, start, end, `${space}${writtenLike(node, value)}${lineEnd}`);
  const after = parseDocument(result);
  if (after.errors.length > 0 || after.getIn(path) !== value || !isOnlyAdded(doc.toJS(), after.toJS(), path))
    throw cannotEdit(file, shownPath(path));
  return result;
}

function cannotEdit(file: string, path: string): KdcubeError {
  const message = `${path} of ${file} cannot be changed without changing something else: its form has no place for the new text.`;
  return new KdcubeError({ code: 'wrong-type', message, hint: 'edit the file by hand', at: { file, path } });
}

function writtenLike(node: Scalar, value: string): string {
  const simple = /^[\w./@+-]+$/.test(value);
  if (node.type === 'PLAIN' && node.source !== '' && simple && isPlainText(value)) return value;
  if (node.type === 'QUOTE_SINGLE' && !/[\u0000-\u001f]/.test(value)) return `'${value.replace(/'/g, "''")}'`;
  return quote(value);
}

/** JSON strings are valid double-quoted YAML strings, and YAML 1.1 and 1.2 parsers read them as text. */
function quote(value: string): string {
  return JSON.stringify(value);
}

function parsed(text: string, file: string): Document {
  const real = readDocument(text, file).problems.filter(({ code }) => code !== 'yaml-empty');
  if (real.length > 0) throw new KdcubeError(real);
  return parseDocument(text);
}

/** A new bundle in each form that can be written. `column`: the column of its first line. */
interface Forms {
  item(column: number): string;
  pair(column: number): string;
  /** `items:` with this bundle. */
  list(column: number): string;
  flowItem: string;
  flowPair: string;
  flowList: string;
}

function formsOf(bundle: NewBundle, eol: string): Forms {
  const fields = Object.entries(bundle).filter(([, value]) => value !== undefined) as [string, string][];
  const flowItem = `{${fields.map(([key, value]) => `${quote(key)}: ${quote(value)}`).join(', ')}}`;
  const item = (column: number) =>
    fields.map(([key, value], index) => `${' '.repeat(column)}${index === 0 ? '-' : ' '} ${key}: ${quote(value)}`).join(eol);
  const inner = (column: number) => fields.map(([key, value]) => `${' '.repeat(column)}  ${key}: ${quote(value)}`);
  return {
    item,
    pair: (column) => [`${' '.repeat(column)}${quote(bundle.id)}:`, ...inner(column)].join(eol),
    list: (column) => `${' '.repeat(column)}items:${eol}${item(column + 2)}`,
    flowItem,
    flowPair: `${quote(bundle.id)}: ${flowItem}`,
    flowList: `"items": [${flowItem}]`,
  };
}

function withEntry(text: string, doc: Document, entry: Forms): string {
  const root = doc.contents;
  if (!isMap(root)) return atEnd(text, `bundles:${eolOf(text)}${entry.list(2)}`);
  const bundles = pairOf(root, 'bundles');
  const value = bundles?.value;
  const items = isMap(value) ? pairOf(value, 'items') : bundles ? undefined : pairOf(root, 'items');
  if (items) return intoList(text, items, isMap(value) ? value : root, entry);
  if (isMap(value) && value.items.some((pair) => isMap(pair.value))) return intoMap(text, value, entry.pair, entry.flowPair);
  if (isMap(value) && value.items.length > 0) return intoMap(text, value, entry.list, entry.flowList);
  if (bundles) return intoEmpty(text, bundles, root, entry.list, `{${entry.flowList}}`);
  if (root.items.length > 0 && root.items.every((pair) => isMap(pair.value)) && !SECTIONS.some((key) => root.has(key)))
    return intoMap(text, root, entry.pair, entry.flowPair);
  if (root.flow) return intoMap(text, root, entry.list, `"bundles": {${entry.flowList}}`);
  const column = columnOf(text, rangeOf(root.items[0]!.key)[0]);
  return atEnd(text, `${' '.repeat(column)}bundles:${eolOf(text)}${entry.list(column + 2)}`);
}

const SECTIONS = ['release_name', 'platform', 'frontend', 'repos'];

function intoList(text: string, items: Pair, parent: YAMLMap, entry: Forms): string {
  const list = items.value;
  // A mapping with entries is a list without its dashes; the unchanged text will not be accepted as an edit.
  if (isMap(list) && list.items.length > 0) return text;
  if (!isSeq(list) || list.items.length === 0) return intoEmpty(text, items, parent, entry.item, `[${entry.flowItem}]`);
  const last = rangeOf(list.items[list.items.length - 1])[1];
  if (list.flow) return replace(text, last, last, `, ${entry.flowItem}`);
  const column = columnOf(text, rangeOf(list)[0]);
  return afterEntry(text, last, column, entry.item(column));
}

function intoMap(text: string, map: YAMLMap, block: (column: number) => string, flow: string): string {
  const pair = map.items[map.items.length - 1];
  if (!pair) return replace(text, rangeOf(map)[0] + 1, rangeOf(map)[0] + 1, flow);
  const last = rangeOf(pair.value ?? pair.key)[1];
  if (map.flow) return replace(text, last, last, `, ${flow}`);
  const column = columnOf(text, rangeOf(map.items[0]!.key)[0]);
  return afterEntry(text, last, column, block(column));
}

/** Adds to a key without a value: nothing, null, an empty list or map. */
function intoEmpty(text: string, pair: Pair, parent: YAMLMap, block: (column: number) => string, flow: string): string {
  // A value of another type is not empty; the unchanged text will not be accepted as an edit.
  if (isScalar(pair.value) && pair.value.value !== null) return text;
  const [keyStart, keyEnd] = rangeOf(pair.key);
  const [start, end] = pair.value ? rangeOf(pair.value) : [keyEnd, keyEnd];
  const written = text.slice(start, end);
  if (parent.flow) return replace(text, start, end, `${/\s/.test(text[start - 1] ?? '') ? '' : ' '}${flow}`);
  // There is a comment between the brackets: preserve it.
  if (written.includes('#')) return replace(text, start + 1, start + 1, flow.slice(1, -1));
  const before = text.slice(0, start).replace(/[ \t]+$/, '');
  return afterLine(before + text.slice(end), keyEnd, block(columnOf(text, keyStart) + 2));
}

/** At the end of the text, but inside its YAML document. */
function atEnd(text: string, lines: string): string {
  const end = text.search(/^\.\.\.(?:\s|$)/m);
  return afterLine(text, end === -1 ? text.length : end, lines);
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function rangeOf(node: unknown): [number, number] {
  const [start, end] = (node as Node).range ?? [0, 0];
  return [start, end];
}

/** The ids, and the rest of a document as data, for any form of its bundles. */
function bundlesIn(data: unknown): { ids: string[]; rest: string } {
  // A text or a number has no bundles; adding one to it is rejected later.
  const root = isMapping(data) ? data : {};
  const flat =
    !('bundles' in root) && !('items' in root) && Object.values(root).length > 0 && !SECTIONS.some((key) => key in root);
  const { bundles = flat ? root : undefined, items, ...others } = flat ? { bundles: root } : root;
  const section = (bundles ?? {}) as Record<string, unknown>;
  const { items: list = items, default_bundle_id: first, version, ...map } = section;
  const entries = Array.isArray(list)
    ? list.map((item) => [(item as { id?: string } | null)?.id ?? '', item])
    : Object.entries(map);
  return { ids: entries.map(([id]) => String(id)), rest: JSON.stringify([others, first, version, Object.fromEntries(entries)]) };
}

/** Verifies the edit: the new text has the same content as the old one, plus one bundle. */
function onlyAdded(before: string, after: string, id: string): boolean {
  const doc = parseDocument(after);
  if (doc.errors.length > 0) return false;
  const data: unknown = parseDocument(before).toJS();
  if (!isOnlyAdded(data, doc.toJS())) return false;
  const old = bundlesIn(data);
  const now = bundlesIn(doc.toJS());
  if (now.ids.join('\n') !== [...old.ids, id].join('\n')) return false;
  const [others, first, version, entries] = JSON.parse(now.rest) as [object, unknown, unknown, Record<string, unknown>];
  delete entries[id];
  return JSON.stringify([others, first, version, entries]) === JSON.stringify(JSON.parse(old.rest));
}
