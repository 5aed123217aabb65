import * as fc from 'fast-check';

/** One change of plain data: what stands at the place that `pick` chooses becomes something else. */
interface ValueChange {
  kind: 'replace' | 'remove' | 'rename' | 'add' | 'repeat' | 'wrap' | 'deepen';
  pick: number;
  name: string;
  value: unknown;
}

const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  ' ',
  'id',
  'name',
  '\u001b[2J',
  '0',
  '-1',
  'a.b',
  '$ref',
  'x'.repeat(300),
];
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    Number.MIN_VALUE,
    '',
    ' ',
    '0',
    'null',
    '\u0000',
    '\u001b]0;x\u0007',
    '\ud800',
  ],
  ...[
    '__proto__',
    '../..',
    '/',
    'sha256:',
    `sha256:${'a'.repeat(64)}`,
    `sha256:${'A'.repeat(64)}`,
    'a'.repeat(70_000),
    'https://u:p@h/x?y#z',
    '\u202e',
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    [{}],
    { id: null },
    { __proto__: null },
    ['a', 'a'],
    { '': {} },
    '${A}',
    '1970-01-01T00:00:00Z',
    'arn:aws:ecs:::x',
  ],
];

const change = fc.record<ValueChange>({
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'add', 'repeat', 'wrap', 'deepen'),
  pick: fc.nat({ max: 9999 }),
  name: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.string({ maxLength: 6 }) }),
  value: fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...VALUES) }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) }),
});

/** Almost right data: one of `samples`, which are plain JSON, with a few changes. */
export function mutatedValue(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce(changed, value));
}

/** The same as JSON text: now and then cut, or with a byte order mark. */
export function mutatedJson(samples: readonly unknown[]): fc.Arbitrary<string> {
  return fc.tuple(mutatedValue(samples), fc.integer({ min: 0, max: 40 })).map(([value, how]) => {
    const text = JSON.stringify(value);
    return how === 0 ? text.slice(0, text.length / 2) : how === 1 ? `\ufeff${text}` : text;
  });
}

function changed(value: unknown, change: ValueChange): unknown {
  const places = placesOf(value);
  return at(value, places[change.pick % places.length]!, change);
}

type Path = readonly (string | number)[];

function placesOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [[], ...entries.slice(0, 200).flatMap(([key, item]) => placesOf(item).map((path) => [key, ...path]))];
}

function at(value: unknown, path: Path, change: ValueChange): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return here(value, change);
  if (Array.isArray(value)) {
    const index = Number(key);
    if (rest.length === 0 && change.kind === 'remove') return value.toSpliced(index, 1);
    if (rest.length === 0 && change.kind === 'repeat') return value.toSpliced(index, 0, value[index]);
    return value.with(index, at(value[index], rest, change));
  }
  const entries = Object.entries(value as object);
  return fromEntries(
    entries.flatMap(([name, item]): [string, unknown][] => {
      if (name !== key) return [[name, item]];
      if (rest.length === 0 && change.kind === 'remove') return [];
      if (rest.length === 0 && change.kind === 'rename') return [[change.name, item]];
      return [[name, at(item, rest, change)]];
    }),
  );
}

function here(value: unknown, { kind, name, value: other }: ValueChange): unknown {
  if (kind === 'wrap') return [value];
  if (kind === 'deepen') return Array.from({ length: 150 }).reduce<unknown>((inner) => ({ [name]: inner }), value);
  if (kind === 'add' && Array.isArray(value)) return [...(value as unknown[]), other];
  if (kind === 'add' && typeof value === 'object' && value !== null)
    return fromEntries([...Object.entries(value), [name, other]]);
  return other;
}

/** With a key `__proto__` too, as JSON.parse makes one. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries)
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  return made;
}
