import type { Component } from '../platform/components';
import { components } from '../platform/components';
import { ALIASES, OWNED, isEnvName, misnamed } from '../platform/names';
import { secretReference } from '../environment/secret-reference';
import { valueFault } from '../document/values';
import { placeholderIn } from '../secrets/placeholder';
import { isSecretValue } from '../document/values';
import type { ImportReason } from './reasons';
import { explainOmitted } from './settings';
import { type ImportedSettings } from './types';
import type { FoundService, ImportNote, ImportedVariables } from './types';

/** The component of a service, by its names, else by its variables. */
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
 * The variables of a service that an environment can contain. A secret's value is never copied: its name gets a reference, and a note says where to put the value.
 * Variables that the environment generates, and those that the platform does not read, are left out, each with a note.
 */
export function importVariables(
  found: FoundService,
  settings: ImportedSettings,
  place: (variable: string) => { reference: string; hint: string },
): ImportedVariables {
  const env: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  const notes: ImportNote[] = [];
  const note = (variable: string, reason: ImportReason, message: string, hint?: string) =>
    notes.push({ subject: `${found.name} ${variable}`, reason, message, ...(hint !== undefined && { hint }) });
  const upper = new Set<string>();
  const given = (name: string) => (found.env[name] ?? '') !== '' || name in found.secrets;
  for (const [name, value] of Object.entries(found.env)) {
    const wrong = isEnvName(name) ? misnamed(name, found.component) : undefined;
    const owned = found.component !== 'other' && Object.hasOwn(OWNED, name.toUpperCase());
    if (!isEnvName(name)) note('a variable', 'name', 'has an invalid name: it was left out');
    else if (upper.has(name.toUpperCase())) note(name, 'name', 'differs from another one only in case: it was left out');
    else if (Object.hasOwn(ALIASES, name) && given(ALIASES[name]!))
      note(name, 'name', `is another name of ${ALIASES[name]!}, which is set too: it was left out`);
    else if (owned) {
      const { reason, message } = explainOmitted(name, settings) ?? {
        reason: 'made',
        message: `is generated from ${OWNED[name.toUpperCase()]!}`,
      };
      note(name, reason, message);
    } else if (name === 'INSTANCE_ID')
      note(name, 'replica', 'must be unique for each replica: it was left out, the platform generates it');
    else if (wrong) note(name, 'misnamed', 'is not read by the platform under this name: it was left out', wrong.instead);
    else if (valueFault(value) !== undefined) note(name, 'value', `has an invalid value: ${valueFault(value)}`);
    else if (value === '') note(name, 'empty', 'was empty: it was left out');
    else if (isSecretValue(name, value) || hasPassword(value)) {
      const { reference, hint } = place(name);
      secrets[name] = reference;
      note(name, 'secret', 'is a secret: its value was not copied', hint);
    } else {
      env[name] = value;
      if (placeholderIn(value)) note(name, 'placeholder', 'is a placeholder that was not filled in');
    }
    upper.add(name.toUpperCase());
  }
  for (const [name, reference] of Object.entries(found.secrets)) {
    const wrong = misnamed(name, found.component);
    const text = secretReference(reference) ? reference : `ssm:${reference}`;
    if (wrong) note(name, 'misnamed', 'is not read by the platform under this name: it was left out', wrong.instead);
    else if (secretReference(text)) secrets[name] = text;
    else note(name, 'value', 'refers to neither a parameter nor a secret: it was left out');
  }
  return { env, secrets, notes };
}

/** True for a placeholder too: to fill it in would put a secret into the file. */
function hasPassword(value: string): boolean {
  return /\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i.test(value);
}
