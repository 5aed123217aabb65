import fc from 'fast-check';
import { thrownProblem } from '../../testing/thrown-problem';
import { LIMITS } from '../problem/limits';
import { KdcubeError } from '../problem/problem';
import { everyDirective, everyLine, parseNginx } from './nginx';

const lines = (text: string) =>
  everyLine(parseNginx(text, 'x.conf')).map(({ name, arguments: list }) => [name, ...list.map(({ value }) => value)]);

test.each([
  ['a b;', [['a', 'b']]],
  ['a "b c" \'d;{\' e\\;f;', [['a', 'b c', 'd;{', 'e\\;f']]],
  ['a "x\\"y\\tz\\.";', [['a', 'x"y\tz\\.']]],
  ['log "a" # b; {\n;', [['log', 'a']]],
  ['a b#c;', [['a', 'b#c']]],
  ['a ${b}c;', [['a', '${b}c']]],
  [
    'location ^~ ${PREFIX}/ { return 200; }',
    [
      ['location', '^~', '${PREFIX}/'],
      ['return', '200'],
    ],
  ],
  ['a b{c;}', [['a', 'b'], ['c']]],
  ['if ($a = "b") { }', [['if', '($a', '=', 'b', ')']]],
  ['\r\na\t b ;\r\n', [['a', 'b']]],
  ['', []],
  ['# only a comment', []],
])('%j', (text, expected) => {
  expect(lines(text)).toEqual(expected);
});

test.each([
  ['a b', 1, 1, /"a" is not finished/],
  ['x;\n a {\n b;\n', 2, 4, /never closed/],
  ['a; }', 1, 4, /closes no block/],
  ['a {} ;', 1, 6, /its name is missing/],
  ['a {b}', 1, 4, /"b}" is not finished|never closed|is not finished/],
  ['a "b;\n', 1, 3, /no closing "/],
  ["a 'b\\';", 1, 3, /no closing '/],
  ['a "b"c;', 1, 6, /A space is missing/],
  ['init_by_lua_block { local a = "}"', 1, 19, /Lua block .* never closed/],
  ['init_by_lua_block { --[[ } ', 1, 19, /Lua block/],
  ["init_by_lua_block { x = 'a\n' }", 1, 19, /Lua block/],
  ['a \0;', 1, 3, /NUL/],
  ['\ufeffa;', 1, 1, /byte order mark/],
  [`${'a {'.repeat(30)}`, 1, 63, /levels/],
])('%j is refused with its place', (text, line, col, message) => {
  const problem = thrownProblem(() => parseNginx(text, 'x.conf'));
  expect(problem).toMatchObject({ code: 'nginx-syntax', at: { file: 'x.conf', line, col } });
  expect(problem.message).toMatch(message);
});

test('the limit of its size', () => {
  const text = 'a;'.repeat(LIMITS.nginxConfigBytes.max / 2);
  expect(parseNginx(text, 'x.conf')).toHaveLength(text.length / 2);
  expect(thrownProblem(() => parseNginx(`${text} `, 'x.conf'))).toMatchObject({ code: 'file-too-large' });
});

test('braces in strings, comments and long brackets of Lua close nothing', () => {
  const lua = ` local t = { a = "}", b = '\\'}' } -- }\n --[==[ } ]] } ]==] local s = [[ } ]] `;
  const [directive, next] = parseNginx(`content_by_lua_block {${lua}} next;`, 'x.conf');
  expect(directive!.block).toMatchObject({ start: 22, end: 22 + lua.length, directives: [] });
  expect(next).toMatchObject({ name: 'next' });
});

test('lines of a map are data, not directives', () => {
  const directives = parseNginx('map $a $b { http http; include x; } http { server { listen 80; } }', 'x.conf');
  expect(everyDirective(directives).map(({ directive: { name }, parents }) => [name, parents.length])).toEqual([
    ['map', 0],
    ['http', 0],
    ['server', 1],
    ['listen', 2],
  ]);
  expect(everyLine(directives)).toHaveLength(6);
});

test('any text is read or refused with a Problem; what is read stands where the directive says', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    ';',
    '{',
    '}',
    '"',
    "'",
    '\\',
    '#',
    '\n',
    '$',
    '${',
    'x_by_lua_block',
    '--',
    '[[',
    ']]',
    'ü',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      try {
        for (const { name, start, end, block } of everyLine(parseNginx(text, 'x.conf'))) {
          const source = text.slice(start, end);
          expect(source.endsWith(block ? '}' : ';')).toBe(true);
          if (!/["'\\]/.test(source)) expect(source.startsWith(name)).toBe(true);
        }
      } catch (error) {
        if (!(error instanceof KdcubeError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});
