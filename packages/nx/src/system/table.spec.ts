import { formatTable } from './table';

it('makes each column as wide as its widest cell, counts characters, and trims line ends', () => {
  expect(
    formatTable(
      ['a', 'head', 'last'],
      [
        ['long cell', 'ü', ''],
        ['x', 'yy', 'z'],
      ],
    ),
  ).toEqual(['a           head   last', 'long cell   ü', 'x           yy     z']);
  expect(formatTable(['only'], [])).toEqual(['only']);
});
