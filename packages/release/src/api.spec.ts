import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { expectGolden } from '../../../tools/testing/golden';

const ROOT = path.join(__dirname, '../../..');
const ENTRY = path.join(__dirname, 'index.ts');
const HEAD = `# The public API of @kdcube/release

Every name of the entry point with its signature. Printed by src/api.spec.ts (KD_UPDATE=1), which fails when this page is stale: a change here is a change of the API.
`;

function programOf(entry: string): ts.Program {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.base.json'), (file) => readFileSync(file, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [entry] }, ts.sys, ROOT);
  // The package uses no global types of others, which take long to read.
  return ts.createProgram([entry], { ...options, types: [], declaration: true, emitDeclarationOnly: true });
}

/** The declarations of each source file as its .d.ts shows them, by file. */
function declarationsOf(program: ts.Program): Map<string, ts.SourceFile> {
  const files = new Map<string, ts.SourceFile>();
  program.emit(undefined, (file, text, _, __, sources) => {
    const [source] = sources ?? [];
    if (source) files.set(source.fileName, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  });
  return files;
}

/** Each declaration of a name with its comment, as the package's .d.ts shows it. */
function declared(file: ts.SourceFile, name: string): string[] {
  return file.statements
    .filter((statement) => namesOf(statement).includes(name))
    .map((statement) => statement.getFullText().trim());
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.Statement & { name?: ts.Identifier };
  return name ? [name.text] : [];
}

const program = programOf(ENTRY);
const checker = program.getTypeChecker();
const files = declarationsOf(program);
const api = checker
  .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(ENTRY)!)!)
  .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
  .map((symbol) => ({
    name: symbol.name,
    text: declared(files.get(symbol.declarations![0]!.getSourceFile().fileName)!, symbol.name),
  }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

test('api.md shows every public name with its signature', () => {
  const parts = api.map(({ name, text }) => `## ${name}\n\n\`\`\`ts\n${text.join('\n')}\n\`\`\`\n`);
  expectGolden(path.join(__dirname, '../api.md'), [HEAD, ...parts].join('\n'));
});

test.each(api)('$name has a comment that says what it is', ({ text }) => {
  expect(text.some((each) => each.startsWith('/**'))).toBe(true);
});
