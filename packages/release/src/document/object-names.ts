/** Names that every JavaScript object has. In the maps of other programs, such as Nx, such a key seems to be set already. */
const OBJECT_NAMES: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

export function isObjectName(name: string): boolean {
  return OBJECT_NAMES.has(name);
}

/** Why such a name is reserved. */
export const OBJECT_NAME_REASON = 'every JavaScript object has a property of this name, and Nx is written in JavaScript';
