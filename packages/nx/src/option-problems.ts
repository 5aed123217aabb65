import type { Place, Problem } from '@kdcube/release/internal';
import { distance, quoted } from '@kdcube/release/internal';
import type * as z from 'zod';

/** What is wrong with one option, in words, without a period. */
export function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `it is one of ${issue.values.map((value) => quoted(value)).join(', ')}`;
  if (issue.code === 'invalid_type') return `it is a ${issue.expected}`;
  return issue.message.replace(/\.$/, '');
}

/** An option that does not exist, with the one that was probably meant. `prefix`: what a person types before the name. */
export function unknownOption(key: string, names: readonly string[], prefix = '', at?: Place): Problem {
  const near = nearest(key, names);
  return {
    code: 'wrong-option',
    message: `There is no option ${prefix}${key}.`,
    hint: near ? `${prefix}${near}` : `one of ${names.map((name) => `${prefix}${name}`).join(', ')}`,
    ...(at && { at }),
  };
}

/** The name that differs least, if it differs little. */
function nearest(key: string, names: readonly string[]): string | undefined {
  const scored = names.map((name) => ({ name, score: distance(key.toLowerCase(), name.toLowerCase()) }));
  const [best] = scored.sort((one, other) => one.score - other.score);
  return best && best.score <= Math.max(1, Math.floor(key.length / 3)) ? best.name : undefined;
}
