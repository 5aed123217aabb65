import { COLUMNS, wrapped } from './wrap';

const word = (length: number) => 'x'.repeat(length);

test('what fits stays as it is', () => {
  expect(wrapped(word(COLUMNS))).toEqual([word(COLUMNS)]);
  expect(wrapped('')).toEqual(['']);
});

test('between columns, else between words, and never inside of one', () => {
  expect(wrapped(`name   ${word(60)}   because of ${word(40)}`)).toEqual([
    `name   ${word(60)}`,
    `             because of ${word(40)}`,
  ]);
  expect(wrapped(`a   ${word(60)} ${word(60)} ${word(30)}`)).toEqual([
    `a   ${word(60)}`,
    `             ${word(60)}`,
    `             ${word(30)}`,
  ]);
  expect(wrapped(`${word(150)} ${word(120)}`)).toEqual([word(150), `             ${word(120)}`]);
  expect(wrapped(word(300))).toEqual([word(300)]);
});

test('nothing is lost, whatever it is', () => {
  for (let length = 1; length < 400; length += 7) {
    const line = Array.from({ length }, (_, index) => word((index * 37) % 23) + '→'.repeat(index % 3)).join(index(length));
    const lines = wrapped(line);
    expect(lines.join(' ').split(/ +/).join(' ').trim()).toBe(line.split(/ +/).join(' ').trim());
    expect(lines.every((each) => [...each].length <= COLUMNS)).toBe(true);
  }
});

function index(length: number): string {
  return length % 2 === 0 ? ' ' : '   ';
}
