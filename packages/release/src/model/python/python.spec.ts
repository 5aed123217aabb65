import { checkBundleSource } from '../source/source';
import { everyStatement } from './branches';
import { isDefinition, readPython } from './python';

/** The imports of a source as `line: level module [names]`. */
function imports(source: string): string[] | string {
  const read = readPython(source);
  if (!read.readable) return `line ${read.line}: ${read.why}`;
  return [...everyStatement(read.body)]
    .flatMap((statement) => statement.import ?? [])
    .map(({ line, level, module, names }) => `${line}: ${'.'.repeat(level)}${module} [${names.map((n) => (n.as ? `${n.name} as ${n.as}` : n.name)).join(' ')}]`);
} // prettier-ignore

function decorators(source: string): string[] | string {
  const read = readPython(source);
  if (!read.readable) return `line ${read.line}: ${read.why}`;
  return [...everyStatement(read.body)]
    .filter(isDefinition)
    .map(({ line, tokens, decorators }) => `${line} ${tokens[1]!.text}: ${decorators.map((d) => `${d.line}@${d.tokens.map((t) => t.text).join('')}`).join(' ')}`);
} // prettier-ignore

const FOUND = ['2: y [z]'];

describe('readPython', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['a BOM', '\ufefffrom y import z', ['1: y [z]']],
    ['CRLF', 'x = 1\r\nfrom y import z\r\n', FOUND],
    ['old line ends', 'x = 1\rfrom y import z\r', FOUND],
    ['a form feed', 'x = 1\n\ffrom y import z', FOUND],
    ['a form feed inside indentation', 'if x:\n  \f  from y import z', FOUND],
    ['tabs', 'if x:\n\tfrom y import z', FOUND],
    ['no line end', 'x = 1\nfrom y import z', FOUND],
    ['one line', 'import a.b as c, d; from . import e;', ['1:  [a.b as c d]', '1: . [e]']],
    ['dots with spaces', 'from . .. a . b import c', ['1: ...a.b [c]']],
    ['dots without', 'from.import a', ['1: . [a]']],
    ['brackets', 'from a import (\n  b, # )\n  c as d,\n)', ['1: a [b c as d]']],
    ['a star', 'from .a import *', ['1: .a [*]']],
    ['joined lines', 'from \\\n  y import \\\n  z', ['1: y [z]']],
    ['a backslash before an indentation', 'if x:\n  \\\n      from y import z', ['3: y [z]']],
    ['a comment that ends in a backslash', '# x \\\nfrom y import z', FOUND],
    ['comments at any column', 'if x:\n    a\n  # b\nfrom y import z', ['4: y [z]']],
    ['a head and its body in one line', 'x\nwith f(a)[1:2]: from y import z', FOUND],
    ['a lambda in a head', 'x\nif lambda a: a: from y import z', FOUND],
    ['a lambda in a lambda', 'x\nif lambda: lambda: a: from y import z', FOUND],
    ['a walrus in a head', 'x\nwhile (a := b): from y import z', FOUND],
    ['match', 'match x:\n  case {"a": b}: from y import z\n  case _:\n    import q', ['2: y [z]', '4:  [q]']],
    ['match as a name', 'match: int = 3\nfrom y import z\nmatch = case = 1\nmatch(case)\ncase: int\ncase.x = 1', FOUND],
    ['yield from and raise from', 'def f(): yield from x\nraise a from b', []],
    ['names that begin like it', 'imports = from_ = 1\nimportlib.x', []],
    ['a fancy letter', 'ｆrom ｙ import z', ['1: y [z]']],
    ['type statements and parameters', 'type X[T] = int\nfrom y import z\ndef f[T: (a, b)](x: T) -> "x:y": import q', ['2: y [z]', '3:  [q]']],
    ['numbers', 'x = 1if a else 0xf+1_0.e-5j+.5+1..real\nfrom y import z', FOUND],
    ['operators', 'x <<= a >> b ** c // d @ e != f -> g\nfrom y import z', FOUND],
  ])('reads imports: %s', (_, source, expected) => {
    expect(imports(source)).toEqual(expected);
  }); // prettier-ignore

  it.each([
    ['a string', '"from a import b"'],
    ['quotes in quotes', `'"' "'" "\\"" '\\''`],
    ['raw ends', `r'\\\\' + R"\\"q" + rb'\\''`],
    ['bytes', `b'"' + Rb"'" + bR'\\''`],
    ['an unknown prefix is a name', `x.ur, "'"`],
    ['long strings', `'''a\n'b''c\\''''d''' """\n\nimport a\n""" ''''x'''`],
    ['an empty string', `"" '' """""" ''''''`],
    ['a joined line in a string', `"a\\\nimport a\\\nb"`],
    ['an f-string', `f"{a} {{}} {b!r:>{width}.{p}} {c=} {d:%H:%M} {e['x']} {f(')')}"`],
    ['the same quotes nested', `f"{a["b"]} {f"{f"{1}"}"}"`],
    ['quotes of the other kind', `f'{a["}"]}' rf"\\{x}\\d{{2}}\\""`],
    ['lines inside a field', `f"{\nx # }\n}"`],
    ['a dict in a field', `f"{ {'a': {1: 2}}['a'] }"`],
    ['not equal in a field', `f"{a != b} {(c := 1)} {(lambda: 1)()}"`],
    ['a named character', `f"\\N{LEFT CURLY BRACKET} \\{a}"`],
    ['a long f-string', `f"""{\n'''\nimport a\n'''\n:\n}\nimport b\n"""`],
    ['a t-string', `t"{a["b"]}" TR'{x}'`],
    ['brackets over lines', `(\n"import a",\n[\n{\n1:\n2}])`],
  ])('is not fooled by %s', (_, expression) => {
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
    ['a string without an end', 'x\n"abc', 2],
    ['a string cut by a line', 'x = "abc\n"', 1],
    ['a long string without an end', 'x\nx = """a\n\n"', 2],
    ['an f-string without an end', 'f"{a}', 1],
    ['a field without an end', 'f"{a"', 1],
    ['a single brace', 'f"}"', 1],
    ['a wrong bracket', 'x = (]', 1],
    ['a bracket without a beginning', 'x = 1)', 1],
    ['a bracket without an end', 'x = (\n\nfrom y import z', 3],
    ['a dedent that fits nothing', 'if x:\n    a\n  b', 3],
    ['an indentation from nowhere', 'a\n  b', 2],
    ['a first line that is indented', '  a', 1],
    ['a head without a body', 'if x:\nb', 2],
    ['a head at the end', 'if x:', 1],
    ['a head without a colon', 'if x\n  b', 1],
    ['tabs and spaces that disagree', 'if x:\n        a\n\tb', 3],
    ['a backslash in a line', 'x = \\ 1', 1],
    ['a backslash at the end', 'x = 1 \\\n', 2],
    ['a NUL', 'x = 1\n\0', 2],
    ['a vertical tab', 'x =\v1', 1],
    ['a character that is none of Python’s', 'x = a ? b', 1],
    ['a no-break space', 'x =\u00a01', 1],
    ['an emoji', '😀 = 1', 1],
    ['an import of nothing', 'from x import', 1],
    ['an import of a number', 'import 5', 1],
    ['a decorator of nothing', '@a\nx = 1', 2],
    ['a decorator at the end', 'x\n@a', 2],
    ['a decorator over a dedent', 'if x:\n  @a\ndef f(): ...', 3],
    ['two hundred and one brackets', `x = ${'('.repeat(201)}${')'.repeat(201)}`, 1],
    ['a hundred and one blocks', Array.from({ length: 102 }, (__, i) => `${' '.repeat(i)}if x:`).join('\n'), 102],
  ])('says that it cannot read %s', (_, source, line) => {
    expect(readPython(source)).toEqual({ readable: false, line, why: expect.any(String) });
  });

  const MEGA = 1_000_000;
  it.each([
    ['letters', 'a'.repeat(MEGA)],
    ['fancy letters', 'é'.repeat(MEGA)],
    ['digits', `x = 1${'0'.repeat(MEGA)}`],
    ['underscored digits', `x = ${'1_'.repeat(MEGA / 2)}`],
    ['dots', `from ${'.'.repeat(MEGA)} import a`],
    ['a dotted name', `import ${'a.'.repeat(MEGA / 2)}a`],
    ['names', `from a import ${'a, '.repeat(MEGA / 3)}b`],
    ['aliases', `import ${'a as b, '.repeat(MEGA / 8)}b`],
    ['semicolons', 'a;'.repeat(MEGA / 2)],
    ['equals', `${'a='.repeat(MEGA / 2)}1`],
    ['lambdas', `if ${'lambda:'.repeat(MEGA / 7)} a: b`],
    ['ands', `if ${'a and '.repeat(MEGA / 6)}b: pass`],
    ['nots', `if ${'not '.repeat(MEGA / 4)}b: pass`],
    ['quotes', '"'.repeat(MEGA)],
    ['backslashes', `"${'\\'.repeat(MEGA)}`],
    ['open brackets', '('.repeat(MEGA)],
    ['braces of an f-string', `f"${'{'.repeat(MEGA)}"`],
    ['fields', `f"${'{a}'.repeat(MEGA / 3)}"`],
    ['nested f-strings', 'f"{'.repeat(MEGA / 3)],
    ['nested formats', `f"${'{a:'.repeat(MEGA / 3)}"`],
    ['named characters', `f"${'\\N{a}'.repeat(MEGA / 5)}"`],
    ['spaces', `${' '.repeat(MEGA)}x`],
    ['joined lines', `x ${'\\\n'.repeat(MEGA / 2)}`],
    ['decorators', '@a\n'.repeat(MEGA / 3)],
    ['comments', '#\n'.repeat(MEGA / 2)],
    ['chained ifs', `if a: b\n${'elif a: b=1\n'.repeat(MEGA / 12)}`],
    ['names in a call', `f(${'a.b, '.repeat(MEGA / 5)})`],
    ['one name again and again', 'if a: b=c\n'.repeat(MEGA / 10)],
    ['marked classes', '@agentic_workflow\nclass A: 1\n'.repeat(MEGA / 29)],
  ])('finishes with a megabyte of %s', (_, source) => {
    const problems = checkBundleSource(new Map([['entrypoint.py', source]]), { id: 'flow', folder: 'bundles/flow' });
    expect(problems.length).toBeLessThan(2);
  });

  it('finishes with ten thousand modules that import each other in a row', () => {
    const files = new Map([['entrypoint.py', 'from .m0 import *']]);
    for (let at = 0; at < 10_000; at++) files.set(`m${at}.py`, `from .m${at + 1} import *\nfrom .m${at + 1} import b`);
    expect(checkBundleSource(files, { id: 'a', folder: 'bundles/a' })).toEqual([]);
  });
});
