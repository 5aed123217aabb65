import { isMapping } from './layers';

/** Whether `after` still says everything that `before` says, in its order: keys and items may have been added, and nothing removed or changed but the value at `changed`. */
export function isOnlyAdded(before: unknown, after: unknown, changed?: readonly (string | number)[]): boolean {
  if (changed?.length === 0) return true;
  const rest = (key: string | number) => (changed?.[0] === key ? changed.slice(1) : undefined);
  if (isMapping(before)) {
    if (!isMapping(after)) return false;
    const present = Object.keys(after).filter((key) => Object.hasOwn(before, key));
    const keys = Object.keys(before);
    return (
      present.length === keys.length &&
      keys.every((key, index) => present[index] === key && isOnlyAdded(before[key], after[key], rest(key)))
    );
  }
  if (Array.isArray(before))
    return (
      Array.isArray(after) &&
      after.length >= before.length &&
      before.every((item, index) => isOnlyAdded(item, after[index], rest(index)))
    );
  // Nothing may become something: an empty key gets a value.
  return before === null || before === undefined || Object.is(before, after);
}
