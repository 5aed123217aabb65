import { formatTable } from './table';

it('makes each column as wide as its widest cell, whatever alphabet it is in, and leaves no blanks at the end', () => {
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
