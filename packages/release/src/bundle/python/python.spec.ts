import { isDefinition, readPython, walkStatements } from './python';

/** The imports of a source, as `line: module [names]`. */
function imports(source: string): string[] | string {
  const read = readPython(source);
  if (!read.readable) return `line ${read.line}: ${read.reason}`;
  return [...walkStatements(read.body)]
    .flatMap((statement) => statement.import ?? [])
    .map(({ line, level, module, names }) => `${line}: ${'.'.repeat(level)}${module} [${names.map((n) => (n.as ? `${n.name} as ${n.as}` : n.name)).join(' ')}]`);
} // prettier-ignore

function decorators(source: string): string[] | string {
  const read = readPython(source);
  if (!read.readable) return `line ${read.line}: ${read.reason}`;
  return [...walkStatements(read.body)]
    .filter(isDefinition)
    .map(({ line, tokens, decorators }) => `${line} ${tokens[1]!.text}: ${decorators.map((d) => `${d.line}@${d.tokens.map((t) => t.text).join('')}`).join(' ')}`);
} // prettier-ignore

const ON_LINE_2 = ['2: y [z]'];

describe('readPython', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['a BOM', '\ufefffrom y import z', ['1: y [z]']],
    ['CRLF', 'x = 1\r\nfrom y import z\r\n', ON_LINE_2],
    ['CR line ends', 'x = 1\rfrom y import z\r', ON_LINE_2],
    ['a form feed', 'x = 1\n\ffrom y import z', ON_LINE_2],
    ['a form feed inside indentation', 'if x:\n  \f  from y import z', ON_LINE_2],
    ['tabs', 'if x:\n\tfrom y import z', ON_LINE_2],
    ['no line end at the end of the file', 'x = 1\nfrom y import z', ON_LINE_2],
    ['one line', 'import a.b as c, d; from . import e;', ['1:  [a.b as c d]', '1: . [e]']],
    ['dots with spaces', 'from . .. a . b import c', ['1: ...a.b [c]']],
    ['dots without', 'from.import a', ['1: . [a]']],
    ['brackets', 'from a import (\n  b, # )\n  c as d,\n)', ['1: a [b c as d]']],
    ['a star', 'from .a import *', ['1: .a [*]']],
    ['joined lines', 'from \\\n  y import \\\n  z', ['1: y [z]']],
    ['a backslash before an indentation', 'if x:\n  \\\n      from y import z', ['3: y [z]']],
    ['a comment that ends in a backslash', '# x \\\nfrom y import z', ON_LINE_2],
    ['comments at any column', 'if x:\n    a\n  # b\nfrom y import z', ['4: y [z]']],
    ['a header and its body on one line', 'x\nwith f(a)[1:2]: from y import z', ON_LINE_2],
    ['a lambda in a header', 'x\nif lambda a: a: from y import z', ON_LINE_2],
    ['a lambda in a lambda', 'x\nif lambda: lambda: a: from y import z', ON_LINE_2],
    ['a walrus in a header', 'x\nwhile (a := b): from y import z', ON_LINE_2],
    ['match', 'match x:\n  case {"a": b}: from y import z\n  case _:\n    import q', ['2: y [z]', '4:  [q]']],
    ['match as a name', 'match: int = 3\nfrom y import z\nmatch = case = 1\nmatch(case)\ncase: int\ncase.x = 1', ON_LINE_2],
    ['yield from and raise from', 'def f(): yield from x\nraise a from b', []],
    ['names that start with a keyword', 'imports = from_ = 1\nimportlib.x', []],
    ['full-width letters', 'ｆrom ｙ import z', ['1: y [z]']],
    ['type statements and parameters', 'type X[T] = int\nfrom y import z\ndef f[T: (a, b)](x: T) -> "x:y": import q', ['2: y [z]', '3:  [q]']],
    ['numbers', 'x = 1if a else 0xf+1_0.e-5j+.5+1..real\nfrom y import z', ON_LINE_2],
    ['operators', 'x <<= a >> b ** c // d @ e != f -> g\nfrom y import z', ON_LINE_2],
  ])('reads imports: %s', (_, source, expected) => {
    expect(imports(source)).toEqual(expected);
  }); // prettier-ignore

  it.each([
    ['a string', '"from a import b"'],
    ['quotes in quotes', `'"' "'" "\\"" '\\''`],
    ['raw strings', `r'\\\\' + R"\\"q" + rb'\\''`],
    ['bytes', `b'"' + Rb"'" + bR'\\''`],
    ['an unknown prefix is a name', `x.ur, "'"`],
    ['triple-quoted strings', `'''a\n'b''c\\''''d''' """\n\nimport a\n""" ''''x'''`],
    ['an empty string', `"" '' """""" ''''''`],
    ['a joined line in a string', `"a\\\nimport a\\\nb"`],
    ['an f-string', `f"{a} {{}} {b!r:>{width}.{p}} {c=} {d:%H:%M} {e['x']} {f(')')}"`],
    ['the same quotes nested', `f"{a["b"]} {f"{f"{1}"}"}"`],
    ['the other quotes nested', `f'{a["}"]}' rf"\\{x}\\d{{2}}\\""`],
    ['line ends inside a field', `f"{\nx # }\n}"`],
    ['a dict in a field', `f"{ {'a': {1: 2}}['a'] }"`],
    ['not equal in a field', `f"{a != b} {(c := 1)} {(lambda: 1)()}"`],
    ['a named character', `f"\\N{LEFT CURLY BRACKET} \\{a}"`],
    ['a triple-quoted f-string', `f"""{\n'''\nimport a\n'''\n:\n}\nimport b\n"""`],
    ['a t-string', `t"{a["b"]}" TR'{x}'`],
    ['brackets over lines', `(\n"import a",\n[\n{\n1:\n2}])`],
  ])('finds no import in %s', (_, expression) => {
    const lines = expression.split('\n').length;
    expect(imports(`x = ${expression}\nfrom y import z`)).toEqual([`${lines + 1}: y [z]`]);
  });

  it.each([
    ['bare and called', '@a\n@b.c("x")\nclass A: ...', ['3 A: 1@a 2@b.c("x")']],
    ['over lines', '@a(\n  1,\n  {\n  2},\n)\n\n# x\nasync def f(): ...', ['8 f: 1@a(1,{2},)']],
    ['with spaces', '@ a . b\ndef f(): ...', ['2 f: 1@a.b']],
    ['inside blocks', 'if x:\n  @a\n  def f():\n    @b\n    class C: ...', ['3 f: 2@a', '5 C: 4@b']],
    ['the operator', 'x = (a\n@b)\ndef f(): ...', ['3 f: ']],
    ['type parameters', '@a\nclass A[T](B): x = 1; y = 2', ['2 A: 1@a']],
  ])('reads decorators: %s', (_, source, expected) => {
    expect(decorators(source)).toEqual(expected);
  });

  it.each([
    ['an unterminated string', 'x\n"abc', 2],
    ['a string with a line end', 'x = "abc\n"', 1],
    ['an unterminated triple-quoted string', 'x\nx = """a\n\n"', 2],
    ['an unterminated f-string', 'f"{a}', 1],
    ['an unterminated replacement field', 'f"{a"', 1],
    ['a single brace', 'f"}"', 1],
    ['a bracket closed by another kind', 'x = (]', 1],
    ['an unmatched closing bracket', 'x = 1)', 1],
    ['a bracket that is never closed', 'x = (\n\nfrom y import z', 3],
    ['an unindent that matches no block', 'if x:\n    a\n  b', 3],
    ['an unexpected indent', 'a\n  b', 2],
    ['an indented first line', '  a', 1],
    ['a header without a body', 'if x:\nb', 2],
    ['a header at the end of the file', 'if x:', 1],
    ['a header without a colon', 'if x\n  b', 1],
    ['tabs and spaces that disagree', 'if x:\n        a\n\tb', 3],
    ['a character after a backslash', 'x = \\ 1', 1],
    ['a backslash at the end of the file', 'x = 1 \\\n', 2],
    ['a NUL', 'x = 1\n\0', 2],
    ['a vertical tab', 'x =\v1', 1],
    ['an invalid character', 'x = a ? b', 1],
    ['a no-break space', 'x =\u00a01', 1],
    ['an emoji', '😀 = 1', 1],
    ['an import of nothing', 'from x import', 1],
    ['an import of a number', 'import 5', 1],
    ['a decorator without a definition', '@a\nx = 1', 2],
    ['a decorator at the end of the file', 'x\n@a', 2],
    ['a decorator before an unindent', 'if x:\n  @a\ndef f(): ...', 3],
    ['two hundred and one brackets', `x = ${'('.repeat(201)}${')'.repeat(201)}`, 1],
    ['a hundred and one blocks', Array.from({ length: 102 }, (__, i) => `${' '.repeat(i)}if x:`).join('\n'), 102],
  ])('rejects %s', (_, source, line) => {
    expect(readPython(source)).toEqual({ readable: false, line, reason: expect.any(String) });
  });
});
