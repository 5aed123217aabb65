import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expectGolden } from '../../../tools/testing/golden';
import { printEnvironmentSchema, printSchema } from './schema-json';

const schema = JSON.parse(printSchema()) as Node;
interface Node {
  type?: string | string[];
  anyOf?: Node[];
  properties?: Record<string, Node>;
  required?: string[];
  additionalProperties?: boolean | Node;
  items?: Node;
  minLength?: number;
  description?: string;
  $ref?: string;
}

test('schema.json is printed from the code (KD_UPDATE=1 prints it again)', () => {
  expectGolden(join(__dirname, '../schema.json'), printSchema());
});

test('no reference, no open object, and every key has a description', () => {
  expect(printSchema()).not.toContain('$ref');
  expect(schema.additionalProperties).toBe(false);
  for (const [path, node] of keysOf(schema, '')) {
    expect(`${path}: ${node.description ?? 'no description'}`).not.toContain('no description');
    if (node.properties) expect(`${path}: ${String(node.additionalProperties)}`).toBe(`${path}: false`);
  }
});

test('what is derived or optional is not required', () => {
  expect(schema.required).toEqual(['platform', 'bundles']);
  expect(schema.properties!.bundles!.required).toEqual(['items']);
  expect(schema.properties!.bundles!.properties!.items!.items!.required).toEqual(['id']);
});

describe('the fixtures as an editor sees them', () => {
  const read = (file: string) => parse(readFileSync(join(__dirname, '../fixtures', file), 'utf8')) as unknown;

  test.each(['valid/items.yaml', 'valid/commit.yaml', 'valid/json-with-items.json', 'platform/release.example.seed.yaml'])(
    '%s passes',
    (file) => {
      expect(faults(schema, read(file), '')).toEqual([]);
    },
  );

  test.each(['unknown-key', 'rejected-key', 'wrong-type', 'string-boolean', 'list-form', 'missing-key', 'ignored-key'])(
    'broken/%s does not',
    (code) => {
      expect(readdirSync(join(__dirname, '../fixtures/broken'))).toContain(`${code}.yaml`);
      expect(faults(schema, read(`broken/${code}.yaml`), '')).not.toEqual([]);
    },
  );
});

describe('environment.schema.json', () => {
  const environment = JSON.parse(printEnvironmentSchema()) as Node;
  const read = (file: string) => parse(readFileSync(join(__dirname, '../fixtures/environments', file), 'utf8')) as unknown;

  test('is printed from the code (KD_UPDATE=1 prints it again)', () => {
    expectGolden(join(__dirname, '../environment.schema.json'), printEnvironmentSchema());
  });

  test('no reference, no open object, and every key has a description', () => {
    expect(printEnvironmentSchema()).not.toMatch(/\$ref|9007199254740991/);
    for (const [path, node] of keysOf(environment, '')) {
      expect(`${path}: ${node.description ?? 'no description'}`).not.toContain('no description');
      if (node.properties) expect(`${path}: ${String(node.additionalProperties)}`).toBe(`${path}: false`);
    }
  });

  test.each(['valid/base.yaml', 'valid/prod.yaml', 'broken/placeholder.yaml'])('%s passes', (file) => {
    expect(faults(environment, read(file), '')).toEqual([]);
  });

  test.each(['unknown-key', 'unquoted-value', 'rejected-key'])('broken/%s is not accepted', (code) => {
    expect(faults(environment, read(`broken/${code}.yaml`), '')).not.toEqual([]);
  });
});

function keysOf(node: Node, path: string): [string, Node][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([key, value]) => [
    [`${path}.${key}`, value] as [string, Node],
    ...keysOf(value, `${path}.${key}`),
  ]);
  return node.items ? [...own, ...keysOf(node.items, `${path}[]`)] : own;
}

/** As much of JSON Schema as the printed one uses. */
function faults(node: Node, value: unknown, path: string): string[] {
  if (node.anyOf) return node.anyOf.some((part) => faults(part, value, path).length === 0) ? [] : [`${path}: none of them`];
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  if (node.type && ![node.type].flat().includes(type) && !(node.type === 'integer' && Number.isInteger(value)))
    return [`${path} is ${type}, not ${String(node.type)}`];
  if (type === 'string' && (value as string).length < (node.minLength ?? 0)) return [`${path} is too short`];
  if (Array.isArray(value))
    return value.flatMap((item, index) => (node.items ? faults(node.items, item, `${path}[${index}]`) : []));
  if (type !== 'object') return [];
  const missing = (node.required ?? [])
    .filter((key) => !Object.hasOwn(value as object, key))
    .map((key) => `${path}.${key} is missing`);
  const inner = Object.entries(value as object).flatMap(([key, item]) => {
    const known =
      node.properties?.[key] ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined);
    if (known) return faults(known, item, `${path}.${key}`);
    return node.additionalProperties === false ? [`${path}.${key} is unknown`] : [];
  });
  return [...missing, ...inner];
}
