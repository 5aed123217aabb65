import { isMapping } from '../document/layers';
import { placeholderIn } from '../secrets/placeholder';
import { isSecretItself, isSecretName } from '../secrets/secret-name';

/** A value of config.json that looks like a secret, by its path and name. */
interface ConfigSecret {
  path: string[];
  name: string;
}

/** What looks like a secret in config.json, which every visitor can read. `cleared`: names that are none. */
export function configSecrets(config: Record<string, unknown>, cleared: ReadonlySet<string>): ConfigSecret[] {
  return texts(config, []).flatMap(([path, value]) => {
    const name = path[path.length - 1]!;
    // The token of "simple" and "hardcoded" is public by design.
    if (cleared.has(name) || placeholderIn(value) || path.join('.') === 'auth.token') return [];
    return isSecretItself(name, value) || (isSecretName(name) && value !== '') ? [{ path, name }] : [];
  });
}

function texts(value: unknown, path: string[]): [string[], string][] {
  if (typeof value === 'string') return path.length > 0 ? [[path, value]] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, [...path, String(index)]));
  return isMapping(value) ? Object.entries(value).flatMap(([key, item]) => texts(item, [...path, key])) : [];
}
