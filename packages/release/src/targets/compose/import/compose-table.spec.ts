import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeTable, type ComposeVariables, foundVariables } from '../../../../testing/compose-table';

/** Recorded by e2e/compose-table.spec.ts. */
const recorded = JSON.parse(readFileSync(join(__dirname, '../../../../fixtures/compose-table.json'), 'utf8')) as Record<
  string,
  ComposeVariables | null
>;

test('values, env files and merges are read as compose itself reads them, refusals included', () => {
  const table = composeTable();
  const found = Object.fromEntries(table.map((each) => [each.name, foundVariables(each) ?? null]));
  const differences = table
    .filter(({ name }) => JSON.stringify(sorted(found[name])) !== JSON.stringify(sorted(recorded[name])))
    .map(({ name, files }) => ({ name, files, found: found[name], compose: recorded[name] }));
  expect(differences).toEqual([]);
  expect(table.length).toBe(Object.keys(recorded).length);
  // The table has enough of both.
  const refused = Object.values(recorded).filter((each) => each === null).length;
  expect([refused > 50, table.length - refused > 200]).toEqual([true, true]);
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, each]) => [key, sorted(each)]),
  );
}
