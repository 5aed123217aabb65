import type { Component } from '../platform/components';
import { components } from '../platform/components';
import { ALIASES, OWNED, isEnvName, misnamed } from '../platform/names';
import { secretReference } from '../environment/secret-reference';
import { placeholderIn, valueFault } from '../document/values';
import { isSecretValue } from '../document/values';
import type { ImportReason } from './reasons';
import { unmade } from './settings';
import { type ImportedSettings } from './types';
import type { FoundService, ImportNote, ImportedVariables } from './types';

/** Which part of the platform it is, by what it is told of itself, else by its names. */
export function componentOf(names: readonly string[], env: Readonly<Record<string, string>>): Component {
  const text = names.join(' ').toLowerCase();
  const exact = components.find((component) => component !== 'other' && names.includes(component));
  if (exact) return exact;
  if (/metrics/.test(text)) return 'metrics';
  if (/postgres[-_.]?setup/.test(text)) return 'postgres-setup';
  if (/proxy-?login/.test(text)) return 'proxylogin';
  if (/web-?ui|frontend/.test(text)) return 'frontend';
  if (/(?:web|nginx)-?proxy/.test(text)) return 'web-proxy';
  if (/ingress/.test(text) || env.GATEWAY_COMPONENT === 'ingress') return 'ingress';
  if (/chat-?proc|(?:^|[-/ ])proc(?:[-/: ]|$)/.test(text) || env.GATEWAY_COMPONENT === 'proc') return 'proc';
  return 'other';
}

/**
 * The variables of a service as an environment may have them. A secret's value is never taken along: its name gets a reference, and a person is told where to put the value.
 * What the environment makes by itself is left out; what the platform does not read too. Each is named.
 */
export function importVariables(
  found: FoundService,
  settings: ImportedSettings,
  place: (variable: string) => { reference: string; hint: string },
): ImportedVariables {
  const env: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  const notes: ImportNote[] = [];
  const say = (variable: string, reason: ImportReason, said: string, hint?: string) =>
    notes.push({ subject: `${found.name} ${variable}`, reason, said, ...(hint !== undefined && { hint }) });
  const upper = new Set<string>();
  const given = (name: string) => (found.env[name] ?? '') !== '' || name in found.secrets;
  for (const [name, value] of Object.entries(found.env)) {
    const wrong = isEnvName(name) ? misnamed(name, found.component) : undefined;
    const owned = found.component !== 'other' && Object.hasOwn(OWNED, name.toUpperCase());
    if (!isEnvName(name)) say('a variable', 'name', 'has a name that no variable can have: it was left out');
    else if (upper.has(name.toUpperCase())) say(name, 'name', 'differs from another one only in case: it was left out');
    else if (Object.hasOwn(ALIASES, name) && given(ALIASES[name]!))
      say(name, 'name', `is another name of ${ALIASES[name]!}, which is said too: it was left out`);
    else if (owned) {
      const { reason, said } = unmade(name, settings) ?? { reason: 'made', said: `is made from ${OWNED[name.toUpperCase()]!}` };
      say(name, reason, said);
    } else if (name === 'INSTANCE_ID')
      say(name, 'replica', 'must be another one in every replica: it was left out, and the platform makes it');
    else if (wrong) say(name, 'misnamed', 'is not read by the platform under this name: it was left out', wrong.instead);
    else if (valueFault(value) !== undefined) say(name, 'value', `cannot be taken over: ${valueFault(value)}`);
    else if (value === '') say(name, 'empty', 'was empty: it was left out');
    else if (isSecretValue(name, value) || hasPassword(value)) {
      const { reference, hint } = place(name);
      secrets[name] = reference;
      say(name, 'secret', 'is a secret: its value was not copied', hint);
    } else {
      env[name] = value;
      if (placeholderIn(value)) say(name, 'placeholder', 'is a placeholder that nobody filled in');
    }
    upper.add(name.toUpperCase());
  }
  for (const [name, reference] of Object.entries(found.secrets)) {
    const wrong = misnamed(name, found.component);
    const text = secretReference(reference) ? reference : `ssm:${reference}`;
    if (wrong) say(name, 'misnamed', 'is not read by the platform under this name: it was left out', wrong.instead);
    else if (secretReference(text)) secrets[name] = text;
    else say(name, 'value', 'refers to something that is no parameter and no secret: it was left out');
  }
  return { env, secrets, notes };
}

/** Also where nobody filled the password in yet: whoever does would write it into the file. */
function hasPassword(value: string): boolean {
  return /\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value);
}
