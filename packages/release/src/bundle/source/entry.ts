import type { Problem } from '../../problem/problem';
import { multipleEntrypoints, noEntrypoint } from './entry-problems';
import type { BundleSources } from './layout';
import { namespaceReader } from './namespace';
import type { Binding, Definition, Namespace } from './values';
import { isExclusive } from './values';

/** Checks that the platform's loader finds exactly one entrypoint in the namespace of entrypoint.py. No problem if static analysis cannot tell. */
export function checkEntrypoint(bundle: BundleSources): Problem[] {
  const namespace = namespaceReader(bundle)('entrypoint.py');
  if (!namespace) return [];
  const entrypoints = findEntrypoints(namespace);
  if (entrypoints.length === 0) return mayHaveEntrypoint(namespace) ? [] : [noEntrypoint(bundle, namespace)];
  const definitions = entrypoints.map(({ definition }) => definition);
  return hasTwo(entrypoints) ? [multipleEntrypoints(bundle, definitions)] : [];
}

interface Entrypoint {
  name: string;
  binding: Binding;
  definition: Definition;
}

function findEntrypoints(namespace: Namespace): Entrypoint[] {
  return [...namespace.names].flatMap(([name, bindings]) =>
    bindings.flatMap((binding) => {
      const { value } = binding;
      const isEntrypoint = value.kind === 'definition' && value.definition.isEntrypoint === 'yes';
      return isEntrypoint ? [{ name, binding, definition: value.definition }] : [];
    }),
  );
}

/** Whether the namespace may have an entrypoint that static analysis cannot find. */
function mayHaveEntrypoint(namespace: Namespace): boolean {
  if (namespace.isUncertain) return true;
  const values = [...namespace.names.values()].flat().map(({ value }) => value);
  return values.some(
    (value) => value.kind === 'unknown' || (value.kind === 'definition' && value.definition.isEntrypoint === 'maybe'),
  );
}

/** Whether two different definitions can be in the namespace at the same time, under two names. */
function hasTwo(entrypoints: readonly Entrypoint[]): boolean {
  return entrypoints.some((a, index) =>
    entrypoints.slice(index + 1).some((b) => {
      const isSame = a.definition.file === b.definition.file && a.definition.line === b.definition.line;
      return a.name !== b.name && !isSame && !isExclusive(a.binding, b.binding);
    }),
  );
}
