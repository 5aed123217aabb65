import * as fc from 'fast-check';
import { Document, isScalar, visit, type Scalar } from 'yaml';

/** How a person may write one document: what is in it stays the same. */
export interface Style {
  form: 'block' | 'flow' | 'json';
  quotes: readonly Scalar.Type[];
  /** Sorts the keys of a mapping, so that each style has its own order. */
  order: number;
  comments: readonly string[];
  indent: number;
  dashesIndented: boolean;
  crlf: boolean;
  mark: '' | '\ufeff';
  /** An explicit start and end of the document. */
  ends: boolean;
}

export const style: fc.Arbitrary<Style> = fc.record({
  form: fc.constantFrom('block', 'block', 'flow', 'json'),
  quotes: fc.array(fc.constantFrom<Scalar.Type>('QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'PLAIN'), {
    minLength: 1,
    maxLength: 5,
  }),
  order: fc.nat({ max: 1000 }),
  comments: fc.array(
    fc.constantFrom('', ' a note', ' ref: v2', ' - id: x', '}', '"', ' {{', ' \t', ' items: []', ' é \u{1f600}'),
    { maxLength: 4 },
  ),
  indent: fc.constantFrom(2, 4, 3),
  dashesIndented: fc.boolean(),
  crlf: fc.boolean(),
  mark: fc.constantFrom('', '', '\ufeff'),
  ends: fc.boolean(),
});

/** `value` as a person with this style writes it. */
export function written(value: unknown, style: Style): string {
  const ordered = inOrder(value, style.order);
  const text = style.form === 'json' ? `${JSON.stringify(ordered, null, style.indent)}\n` : yaml(ordered, style);
  return style.mark + (style.crlf ? text.replace(/\r?\n/g, '\r\n') : text);
}

function yaml(value: unknown, { form, quotes, comments, indent, dashesIndented, ends }: Style): string {
  const doc = new Document(value, { aliasDuplicateObjects: false });
  let count = 0;
  const next = <T>(list: readonly T[]): T | undefined => list[(count += 1) % Math.max(list.length, 1)];
  visit(doc, {
    Scalar: (key, node) => {
      // Where a CR in a text would be read as a line end, only double quotes have a form for it.
      if (typeof node.value !== 'string' || /[\r\n]/.test(node.value)) return;
      const type = next(quotes)!;
      node.type = type === 'BLOCK_LITERAL' && (key === 'key' || form === 'flow') ? 'QUOTE_DOUBLE' : type;
      if (/^[\s\u0085\u2028\u2029\ufeff]|[\s\u0085\u2028\u2029\ufeff]$|[\u0000-\u001f\u007f-\u009f]/.test(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
    Pair: (_, pair) => {
      const comment = next(comments);
      if (comment !== undefined && form === 'block' && isScalar(pair.key)) pair.key.commentBefore = comment;
    },
    Collection: (_, node) => void (node.flow = form === 'flow' || node.items.length === 0),
  });
  const text = doc.toString({ indent, indentSeq: dashesIndented, lineWidth: 0, defaultKeyType: null });
  return ends ? `---\n${text}...\n` : text;
}

/** Lists keep their order. So do mappings below a list's item: a config is what its author wrote. */
function inOrder(value: unknown, order: number): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => inOrder(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const rank = (key: string) => [...key].reduce((sum, char) => (sum * 31 + char.codePointAt(0)! * (order + 1)) % 1009, order);
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item, order)]));
}
