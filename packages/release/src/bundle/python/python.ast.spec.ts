import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Statement } from './python';
import { isDefinition, readPython, walkStatements } from './python';
import { dottedName, indexAtLevel } from './tokens';

/** The result of Python's ast module for its standard library: [file, imports, definitions] of every n-th file; null if it cannot parse the file. */
const ORACLE = `
import ast, json, pathlib, sysconfig, warnings
warnings.simplefilter('ignore')
root = pathlib.Path(sysconfig.get_paths()['stdlib'])
files = sorted(p for p in root.rglob('*.py') if 'site-packages' not in p.parts)
def dotted(node):
    if isinstance(node, ast.Call): node = node.func
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr); node = node.value
    return '.'.join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None
def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield [node.lineno, 0, None, [[a.name, a.asname] for a in node.names]]
        elif isinstance(node, ast.ImportFrom):
            yield [node.lineno, node.level, node.module or '', [[a.name, a.asname] for a in node.names]]
def definitions(body):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield [node.lineno, node.name, [[d.lineno, dotted(d)] for d in node.decorator_list]]
            continue
        for part in ('body', 'handlers', 'orelse', 'finalbody', 'cases'):
            for inner in definitions(getattr(node, part, [])): yield inner
for file in files[::max(1, len(files) // 300)]:
    try:
        tree = ast.parse(file.read_bytes().decode('utf-8'))
        print(json.dumps([str(file), sorted(imports(tree), key=repr), sorted(definitions(tree.body))]))
    except (SyntaxError, ValueError, UnicodeError, RecursionError, MemoryError):
        print(json.dumps([str(file), None, None]))
`;

const python = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 8))'], { encoding: 'utf8' });
const hasPython = python.status === 0 && python.stdout.trim() === 'True';
const mustRun = process.env.KD_REQUIRE_ENGINE === '1';
const whenPython = hasPython || mustRun ? it : it.skip;
const reason = hasPython ? '' : ' (skipped: no python3 of version 3.8 or newer)';

type AstResult = [file: string, imports: unknown[] | null, definitions: unknown[] | null];

function ourImports(body: readonly Statement[]): unknown[] {
  return [...walkStatements(body)]
    .flatMap((statement) => statement.import ?? [])
    .map(({ line, level, kind, module, names }) => [
      line,
      level,
      kind === 'import' ? null : module,
      names.map((n) => [n.name, n.as ?? null]),
    ]);
}

function ourDefinitions(body: readonly Statement[]): unknown[] {
  return body.flatMap((statement) => {
    if (!isDefinition(statement)) return ourDefinitions(statement.body);
    const decorators = statement.decorators.map(({ tokens }) => {
      const call = indexAtLevel(tokens, 0, '(');
      const isWhole = call === tokens.length || indexAtLevel(tokens, call + 1, ')') === tokens.length - 1;
      return [tokens[0]!.line, (isWhole && dottedName(tokens.slice(0, call))) || null];
    });
    return [[statement.line, statement.tokens[1]!.text, decorators]];
  });
}

/** The order differs: ast.walk is breadth-first. */
function sorted(list: unknown[]): string[] {
  return list.map((entry) => JSON.stringify(entry)).sort();
}

describe('readPython compared with Python’s ast module', () => {
  whenPython(
    `agrees on imports and decorators of the standard library${reason}`,
    () => {
      const run = spawnSync('python3', ['-c', ORACLE], {
        encoding: 'utf8',
        maxBuffer: 2 ** 30,
      });
      expect(run.stderr).toBe('');
      const results = run.stdout.trim().split('\n').map((line) => JSON.parse(line) as AstResult); // prettier-ignore
      const readable = results.filter(([, imports]) => imports !== null);
      expect(readable.length).toBeGreaterThan(50);
      for (const [file, imports, definitions] of results) {
        const source = readPython(readFileSync(file, 'utf8'));
        if (imports === null || definitions === null) continue;
        expect({ file, ...(source.readable ? {} : source) }).toEqual({ file });
        if (!source.readable) continue;
        expect({ file, imports: sorted(ourImports(source.body)) }).toEqual({ file, imports: sorted(imports) });
        expect({ file, definitions: sorted(ourDefinitions(source.body)) }).toEqual({ file, definitions: sorted(definitions) });
      }
    },
    120_000,
  );
});
