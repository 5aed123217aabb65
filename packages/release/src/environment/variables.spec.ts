import { fillVariables } from './variables';

const fill = (text: string, vars: unknown = { a: 'A', 'b-c': '$1 ${a}', empty: '' }) => fillVariables({ vars, x: [{ y: text }] });
const value = (text: string) => (fill(text).value as { x: { y: string }[] }).x[0]!.y;

test.each([
  ['${a}', 'A'],
  ['<${a}${a}>', '<AA>'],
  ['${empty}', ''],
  // A value is never expanded again, and a dollar sign in it is literal.
  ['${b-c}', '$1 ${a}'],
  ['$a $$ $', '$a $$ $'],
  ['$${a}', '${a}'],
  ['$$${a}', '$${a}'],
])('%s is %s', (text, filled) => {
  expect(value(text)).toBe(filled);
});

test.each(['${HOME}', '${toString}', '${__proto__}', '${}', '${ a}', '${a', '${a:-b}'])(
  '%s is a problem, and is not replaced',
  (text) => {
    expect(value(text)).toBe(text);
    expect(fill(text).problems.map(({ path, problem }) => [path, problem.code])).toContainEqual([
      ['x', 0, 'y'],
      'unknown-variable',
    ]);
  },
);

test('vars are plain texts; without vars no variable is defined; keys are not replaced', () => {
  expect(fill('x', { a: '${b}' }).problems).toMatchObject([{ path: ['vars', 'a'] }]);
  expect(fillVariables({ x: '${a}' }).problems).toHaveLength(1);
  expect(fillVariables({ vars: { a: '1' }, '${a}': 1 })).toEqual({ value: { vars: { a: '1' }, '${a}': 1 }, problems: [] });
});

test('a file that is only extended may leave variables undefined', () => {
  expect(fillVariables({ x: 'ssm:/${stage}/a' }, true)).toEqual({ value: { x: 'ssm:/x/a' }, problems: [] });
});
