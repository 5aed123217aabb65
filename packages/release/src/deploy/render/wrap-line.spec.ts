import { COLUMNS, wrapLine } from './wrap-line';

const word = (length: number) => 'x'.repeat(length);

test('a line that fits is unchanged', () => {
  expect(wrapLine(word(COLUMNS))).toEqual([word(COLUMNS)]);
  expect(wrapLine('')).toEqual(['']);
});

test('breaks between columns, else between words, never inside a word', () => {
  expect(wrapLine(`name   ${word(60)}   because of ${word(40)}`)).toEqual([
    `name   ${word(60)}`,
    `             because of ${word(40)}`,
  ]);
  expect(wrapLine(`a   ${word(60)} ${word(60)} ${word(30)}`)).toEqual([
    `a   ${word(60)}`,
    `             ${word(60)}`,
    `             ${word(30)}`,
  ]);
  expect(wrapLine(`${word(150)} ${word(120)}`)).toEqual([word(150), `             ${word(120)}`]);
  expect(wrapLine(word(300))).toEqual([word(300)]);
});

test('no text is lost', () => {
  for (let length = 1; length < 400; length += 7) {
    const line = Array.from({ length }, (_, index) => word((index * 37) % 23) + '→'.repeat(index % 3)).join(index(length));
    const lines = wrapLine(line);
    expect(lines.join(' ').split(/ +/).join(' ').trim()).toBe(line.split(/ +/).join(' ').trim());
    expect(lines.every((each) => [...each].length <= COLUMNS)).toBe(true);
  }
});

function index(length: number): string {
  return length % 2 === 0 ? ' ' : '   ';
}
