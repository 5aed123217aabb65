import { join } from 'node:path';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { compareSamples } from '../../../../testing/samples';
import { IMPORT_REASONS } from '../../../import/reasons';

const compared = compareSamples();

test('samples of the platform, imported and rendered again: every difference has a reason', () => {
  const unexplained = compared.flatMap(({ sample, differences }) =>
    differences.filter(({ reason }) => reason === undefined).map(({ key, became }) => `${sample} ${key} ${became}`),
  );
  expect(unexplained).toEqual([]);
});

test('the table of them', () => {
  const summary = compared.map(({ sample, same, differences }) => `| ${sample} | ${same} | ${differences.length} |`);
  const lines = compared.flatMap(({ sample, differences }) =>
    differences.map(({ key, became, reason }) => `| ${sample} | \`${key}\` | ${became} | ${reason} |`),
  );
  const text = [
    '| sample | keys that are the same | that differ |',
    '| --- | --- | --- |',
    ...summary,
    '',
    '| sample | key | became | reason |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
  expectGolden(join(__dirname, '../../../../fixtures/platform/samples.md'), `${text}\n`);
  expect(lines.every((line) => Object.keys(IMPORT_REASONS).some((reason) => line.endsWith(` ${reason} |`)))).toBe(true);
});
