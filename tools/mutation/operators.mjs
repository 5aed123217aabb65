// What is changed: each operator takes a node of the TypeScript AST and yields replacements of a part of the text, `[start, end, text]`.
import ts from 'typescript';

const K = ts.SyntaxKind;
const BINARY = new Map([
  [K.LessThanToken, ['<=', '>=']],
  [K.LessThanEqualsToken, ['<', '>']],
  [K.GreaterThanToken, ['>=', '<=']],
  [K.GreaterThanEqualsToken, ['>', '<']],
  [K.EqualsEqualsEqualsToken, ['!==']],
  [K.ExclamationEqualsEqualsToken, ['===']],
  [K.AmpersandAmpersandToken, ['||']],
  [K.BarBarToken, ['&&']],
  [K.MinusToken, ['+']],
  [K.PlusToken, ['-']],
  [K.AsteriskToken, ['/']],
  [K.PlusEqualsToken, ['-=']],
  [K.MinusEqualsToken, ['+=']],
  [K.AmpersandAmpersandEqualsToken, ['=']],
  [K.BarBarEqualsToken, ['=']],
]);
/** Array and string methods by what they become. */
const METHODS = {
  ...{ some: 'every', every: 'some', find: 'findLast', findLast: 'find', startsWith: 'endsWith', endsWith: 'startsWith' },
  ...{ min: 'max', max: 'min', indexOf: 'lastIndexOf', lastIndexOf: 'indexOf', floor: 'ceil', ceil: 'floor' },
};
/** Methods that are left out: `a.trim()` becomes `a`. */
const LEFT_OUT = [
  'trim',
  'toLowerCase',
  'toUpperCase',
  'sort',
  'toSorted',
  'reverse',
  'filter',
  'slice',
  'concat',
  'replace',
  'replaceAll',
  'normalize',
];
/** Texts for people: another test than of the logic notices them (the golden files). */
const MESSAGE_KEYS = ['message', 'hint', 'why', 'title', 'text', 'reason', 'note', 'cause'];

/** Every mutant of a source file: `{ start, end, text, line, what }`, in the order of the file. */
export function mutantsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (isSkipped(node)) return;
    for (const [start, end, text] of replacementsOf(node, source)) {
      const line = tree.getLineAndCharacterOfPosition(start).line + 1;
      const what = `${shorten(source.slice(start, end))} → ${shorten(text) || '(nothing)'}`;
      if (source.slice(start, end) !== text) found.push({ start, end, text, line, what });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isSkipped(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return ts.isPropertyAssignment(node) && MESSAGE_KEYS.includes(node.name.getText());
}

function* replacementsOf(node, source) {
  const [start, end] = [node.getStart(), node.getEnd()];
  if (ts.isBinaryExpression(node)) yield* binary(node);
  else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) yield* condition(node.expression);
  else if (ts.isConditionalExpression(node)) yield* condition(node.condition);
  else if (node.kind === K.TrueKeyword) yield [start, end, 'false'];
  else if (node.kind === K.FalseKeyword) yield [start, end, 'true'];
  else if (ts.isNumericLiteral(node)) yield [start, end, String(Number(node.text.replaceAll('_', '')) + 1)];
  else if (ts.isPrefixUnaryExpression(node) && [K.ExclamationToken, K.MinusToken].includes(node.operator))
    yield [start, node.operand.getStart(), ''];
  else if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) yield* textLiteral(node, start, end);
  else if (ts.isTemplateExpression(node)) yield [start, end, "''"];
  else if (node.kind === K.RegularExpressionLiteral) yield* regularExpression(node.text, start, end);
  else if (ts.isArrayLiteralExpression(node)) yield* list(node);
  else if (ts.isCallExpression(node)) yield* call(node, source);
  else if (ts.isPropertyAccessExpression(node) && node.questionDotToken)
    yield [node.questionDotToken.getStart(), node.questionDotToken.getEnd(), '.'];
  else if (ts.isReturnStatement(node) && node.expression && node.expression.getText() !== 'undefined')
    yield [node.expression.getStart(), node.expression.getEnd(), 'undefined as never'];
  else if (
    ts.isExpressionStatement(node) ||
    ts.isThrowStatement(node) ||
    ts.isContinueStatement(node) ||
    ts.isBreakStatement(node)
  )
    yield [start, end, ';'];
}

function* binary({ left, operatorToken, right }) {
  const [start, end] = [operatorToken.getStart(), operatorToken.getEnd()];
  const isText = [left, right].some((side) => ts.isStringLiteral(side) || ts.isTemplateExpression(side));
  if (operatorToken.kind === K.QuestionQuestionToken) yield [left.getEnd(), right.getEnd(), ''];
  if (operatorToken.kind === K.PlusToken && isText) return;
  for (const text of BINARY.get(operatorToken.kind) ?? []) yield [start, end, text];
}

function* condition(expression) {
  for (const text of ['true', 'false']) yield [expression.getStart(), expression.getEnd(), text];
}

function* textLiteral(node, start, end) {
  const { parent } = node;
  // A name of a property or of a module, and the discriminant of a union, have no value of their own.
  if (ts.isPropertyAssignment(parent) && parent.name === node) return;
  if (ts.isLiteralTypeNode(parent)) return;
  yield [start, end, node.text === '' ? "'mutant'" : "''"];
}

function* regularExpression(text, start, end) {
  const close = text.lastIndexOf('/');
  const [body, flags] = [text.slice(1, close), text.slice(close + 1)];
  const changed = [
    body.startsWith('^') && body.slice(1),
    body.endsWith('$') && !body.endsWith('\\$') && body.slice(0, -1),
    /(?<!\\)\+/.test(body) && body.replace(/(?<!\\)\+/, ''),
    /(?<!\\)\*/.test(body) && body.replace(/(?<!\\)\*/, '+'),
    /\{(\d+)\}/.test(body) && body.replace(/\{(\d+)\}/, (_, count) => `{${Number(count) + 1}}`),
    /\[\^/.test(body) && body.replace('[^', '['),
    /(?<!\\)\|/.test(body) && body.replace(/(?<!\\)\|[^|()[\]\\]*/, ''),
  ];
  for (const each of changed.filter((one) => one !== false && isValid(one, flags)))
    yield [start, end, `/${each || '(?:)'}/${flags}`];
  if (/i/.test(flags)) yield [start, end, `/${body}/${flags.replace('i', '')}`];
}

function isValid(body, flags) {
  try {
    new RegExp(body, flags);
    return true;
  } catch {
    return false;
  }
}

/** One item less, for each item. */
function* list({ elements }) {
  for (const [index, element] of elements.entries()) {
    const next = elements[index + 1];
    const previous = elements[index - 1];
    if (next) yield [element.getStart(), next.getStart(), ''];
    else yield [previous ? previous.getEnd() : element.getStart(), element.getEnd(), ''];
  }
}

function* call(node, source) {
  const { expression } = node;
  if (!ts.isPropertyAccessExpression(expression)) return;
  const name = expression.name.text;
  if (Object.hasOwn(METHODS, name)) yield [expression.name.getStart(), expression.name.getEnd(), METHODS[name]];
  if (LEFT_OUT.includes(name)) yield [expression.expression.getEnd(), node.getEnd(), ''];
  if (name === 'at' && source.slice(node.arguments.pos, node.getEnd() - 1) === '-1')
    yield [node.arguments.pos, node.getEnd() - 1, '0'];
}

function shorten(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 70 ? `${line.slice(0, 67)}…` : line;
}
