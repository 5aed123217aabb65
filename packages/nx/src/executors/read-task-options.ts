import type { Problem } from '@kdcube/release/internal';
import { KdcubeError, ONCE } from '@kdcube/release/internal';
import type * as z from 'zod';
import { issueText, unknownOption } from '../option-problems';

/** Options that Nx adds itself. */
const NX_OPTIONS = ['verbose', '_', '--'];

/**
 * The validated options of an executor. Nx parses `--branch=2026` as a number, and does not validate the options of a batch executor. Each invalid option is one
 * Problem `wrong-option`. `ignored`: options that are accepted without effect.
 */
export function readTaskOptions<T extends z.ZodObject>(
  schema: T,
  raw: Readonly<Record<string, unknown>>,
  ignored: readonly string[] = [],
): z.output<T> {
  const skipped = [...NX_OPTIONS, ...ignored.filter((name) => !Object.hasOwn(schema.shape, name))];
  const given = Object.entries(raw).filter(([name, value]) => !skipped.includes(name) && value !== undefined);
  const read = schema.safeParse(Object.fromEntries(given.map(([name, value]) => [name, asText(value)])), ONCE);
  if (read.success) return read.data;
  const again = schema.safeParse(Object.fromEntries(given), ONCE);
  if (again.success) return again.data;
  throw new KdcubeError(again.error.issues.flatMap((issue) => problemsOf(issue, Object.keys(schema.shape))));
}

/** Numbers and booleans as the text that was typed, also one level down. */
function asText(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, typeof inner === 'object' ? inner : String(inner)]),
  );
}

function problemsOf(issue: z.core.$ZodIssue, options: readonly string[]): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownOption(key, options, '--'));
  return [{ code: 'wrong-option', message: `--${issue.path.join('.')}: ${issueText(issue)}.` }];
}
