import { table } from './table';

it('makes each column as wide as its widest cell, whatever alphabet it is in, and leaves no blanks at the end', () => {
  expect(
    table(
      ['a', 'head', 'last'],
      [
        ['long cell', 'ü', ''],
        ['x', 'yy', 'z'],
      ],
    ),
  ).toEqual(['a           head   last', 'long cell   ü', 'x           yy     z']);
  expect(table(['only'], [])).toEqual(['only']);
});
