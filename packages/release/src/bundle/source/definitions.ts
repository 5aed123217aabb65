import type { Clause } from '../python/branches';
import type { Statement } from '../python/python';
import { baseNames } from '../python/targets';
import { bodyUsesDecorators, evaluateDecorator } from './expressions';
import type { Resolve } from './expressions';
import type { Definition, Namespace } from './values';
import { bind } from './values';

/** Binds the name of a class or function. */
export function bindDefinition(namespace: Namespace, statement: Statement, clauses: readonly Clause[], resolve: Resolve): void {
  const kind = statement.keyword === 'class' ? 'class' : 'function';
  const name = statement.tokens[1]?.text ?? '';
  const roles = statement.decorators.map(({ tokens }) => evaluateDecorator(namespace, tokens, resolve));
  const decorated = decoratedAsEntrypoint(roles, kind);
  const definition: Definition = {
    name,
    file: namespace.file,
    line: statement.line,
    kind,
    isEntrypoint: decorated === 'no' && kind === 'class' ? inheritedEntrypoint(namespace, statement, resolve) : decorated,
    isMisused: decorated === 'no' && roles.includes('class'),
    usesDecorators: bodyUsesDecorators(namespace, statement),
  };
  bind(namespace, name, [{ value: { kind: 'definition', definition } }], clauses);
}

function decoratedAsEntrypoint(
  roles: readonly ReturnType<typeof evaluateDecorator>[],
  kind: Definition['kind'],
): Definition['isEntrypoint'] {
  if (roles.some((role) => role === 'factory' || (role === 'class' && kind === 'class'))) return 'yes';
  return roles.includes('maybe') ? 'maybe' : 'no';
}

/** The loader reads the role with getattr, so a class inherits it from its bases. */
function inheritedEntrypoint(namespace: Namespace, statement: Statement, resolve: Resolve): Definition['isEntrypoint'] {
  const verdicts = baseNames(statement).map((base): Definition['isEntrypoint'] => {
    const values = resolve(namespace, base);
    const states = values.map((value) => (value.kind === 'definition' ? value.definition.isEntrypoint : value.kind));
    if (states.length > 0 && states.every((state) => state === 'yes')) return 'yes';
    return states.some((state) => state === 'unknown' || state === 'yes' || state === 'maybe') ? 'maybe' : 'no';
  });
  if (verdicts.includes('yes')) return 'yes';
  return verdicts.includes('maybe') ? 'maybe' : 'no';
}
