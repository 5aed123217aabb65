// An ESLint rule on the parts of identifiers: `id-denylist` sees whole names only.
import { PARTS, TERMS } from './words.mjs';

/** The parts of an identifier in lower case: `lookAtHTTPAnswer` → look, at, http, answer. */
export function partsOf(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.toLowerCase())
    .filter(Boolean);
}

/** The first retired part of a name, with the word to use instead; undefined where there is none. */
export function retiredPart(name) {
  if (TERMS.has(name.toLowerCase())) return undefined;
  const part = partsOf(name).find((each) => Object.hasOwn(PARTS, each));
  return part === undefined ? undefined : { part, instead: PARTS[part] };
}

/** Names that this code gives: declarations, parameters, members of types and of object literals. A use of a name that another package gave is not reported. */
const DECLARATIONS = [
  'VariableDeclarator > Identifier.id',
  'FunctionDeclaration > Identifier.id',
  'TSDeclareFunction > Identifier.id',
  'FunctionExpression > Identifier.id',
  'ClassDeclaration > Identifier.id',
  'TSInterfaceDeclaration > Identifier.id',
  'TSTypeAliasDeclaration > Identifier.id',
  'TSTypeParameter > Identifier.name',
  'TSPropertySignature > Identifier.key',
  'TSMethodSignature > Identifier.key',
  'PropertyDefinition > Identifier.key',
  'MethodDefinition > Identifier.key',
  ':function > Identifier.params',
  ':function > AssignmentPattern.params > Identifier.left',
  ':function > RestElement.params > Identifier.argument',
  'ObjectPattern > Property > Identifier.value',
  'ObjectPattern > Property > AssignmentPattern.value > Identifier.left',
  'ArrayPattern > Identifier.elements',
  'ObjectExpression > Property > Identifier.key',
];

export const retiredTerms = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { retired: 'The word "{{part}}" in "{{name}}" is retired (tools/lint/words.mjs). Use: {{instead}}.' },
  },
  create(context) {
    const check = (node) => {
      const found = retiredPart(node.name);
      if (found) context.report({ node, messageId: 'retired', data: { name: node.name, ...found } });
    };
    return Object.fromEntries(DECLARATIONS.map((selector) => [selector, check]));
  },
};
