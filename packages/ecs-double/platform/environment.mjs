// What the platform reads from a container's environment variables.

/** @import { Environment } from '../state/types.d.ts' */

/** @param {string | undefined} text */
export function truthy(text) {
  return ['1', 'true', 'yes', 'on'].includes((text ?? '').toLowerCase());
}

/**
 * Which service a container is: by GATEWAY_COMPONENT, else by its name.
 * @param {string} name
 * @param {Environment} env
 */
export function serviceRole(name, env) {
  const text = env.GATEWAY_COMPONENT ?? name;
  if (/(^|-)(proc|processor|worker)\b/.test(text)) return 'proc';
  return /ingress/.test(text) ? 'ingress' : undefined;
}
