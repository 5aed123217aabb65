import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import type { Service } from '../environment/environment';
import type { Env } from './settings';

/** The longest `NAME=value` in bytes, with its terminator, that Linux accepts (MAX_ARG_STRLEN). */
const MAX_ENV_STRING = 128 * 1024;
/** The largest task definition in bytes that ECS accepts. */
export const MAX_TASK_DEFINITION = 64 * 1024;
/** Bytes reserved for everything except variables: roles, health checks, logs, mounts, several containers. */
const REST_OF_TASK_DEFINITION = 8 * 1024;
export const SMALLER_ENV = 'move large values into a file of the image or of a mount';

const bytes = (text: string) => new TextEncoder().encode(text).byteLength;

/** Variables that are too long to start a process with. */
function tooLongFor(env: Env): string[] {
  return Object.entries(env)
    .filter(([name, value]) => bytes(`${name}=${value}`) + 1 > MAX_ENV_STRING)
    .map(([name]) => name);
}

/** The size of the variables in a task definition, and its limit. Compose has no such limit. */
function taskDefinitionBytes(env: Env, secrets: Record<string, string>): number {
  const environment = Object.entries(env).map(([name, value]) => ({ name, value }));
  const references = Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom }));
  return bytes(JSON.stringify({ environment, secrets: references }));
}

export function fits(service: Service, env: Env, secrets: Record<string, string>): boolean {
  if (tooLongFor(env).length > 0) return false;
  return service.target !== 'ecs' || taskDefinitionBytes(env, secrets) <= MAX_TASK_DEFINITION - REST_OF_TASK_DEFINITION;
}

/** The hint if nothing can be moved into a file. */
export function tooLarge(service: Service, env: Env, secrets: Record<string, string>): Problem {
  const long = tooLongFor(env);
  const largest = Object.entries(env)
    .map(([name, value]) => [name, bytes(value)] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
  const message =
    long.length > 0
      ? `${long.join(', ')} of ${quoted(service.name)} is longer than the ${MAX_ENV_STRING} bytes that one variable of a process can have.`
      : `The environment of ${quoted(service.name)} has ${taskDefinitionBytes(env, secrets)} bytes: ECS allows ${MAX_TASK_DEFINITION} for the whole task definition. The largest: ${largest}.`;
  return { code: 'env-too-large', message, hint: SMALLER_ENV };
}
