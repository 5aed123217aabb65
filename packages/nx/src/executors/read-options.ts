import type { Problem } from '@kdcube/release/internal';
import { distance, KdcubeError, ONCE, quoted } from '@kdcube/release/internal';
import type * as z from 'zod';

/** What Nx adds by itself. */
const NOT_OURS = ['verbose', '_', '--'];

/**
 * The options of an executor, checked. Nx reads `--branch=2026` as a number, and leaves the checking to an executor that does all tasks of a run in one process. Every wrong option is one Problem
 * `wrong-option`.
 */
export function readOptions<T extends z.ZodObject>(schema: T, raw: Readonly<Record<string, unknown>>): z.output<T> {
  const given = Object.entries(raw).filter(([name, value]) => !NOT_OURS.includes(name) && value !== undefined);
  const read = schema.safeParse(Object.fromEntries(given.map(([name, value]) => [name, asWritten(value)])), ONCE);
  if (read.success) return read.data;
  const again = schema.safeParse(Object.fromEntries(given), ONCE);
  if (again.success) return again.data;
  throw new KdcubeError(again.error.issues.flatMap((issue) => problemsOf(issue, Object.keys(schema.shape))));
}

/** Words for what Nx took for a number or a truth, also one level down. */
function asWritten(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, typeof inner === 'object' ? inner : String(inner)]),
  );
}

function problemsOf(issue: z.core.$ZodIssue, options: readonly string[]): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const near = nearest(key, options);
      return {
        code: 'wrong-option',
        message: `There is no option --${key}.`,
        hint: near ? `--${near}` : `one of ${options.map((name) => `--${name}`).join(', ')}`,
      };
    });
  return [{ code: 'wrong-option', message: `--${issue.path.join('.')}: ${wordsOf(issue)}.` }];
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `it is one of ${issue.values.map((value) => quoted(value)).join(', ')}`;
  if (issue.code === 'invalid_type') return `it is a ${issue.expected}`;
  return issue.message.replace(/\.$/, '');
}

/** The option that differs least, if it differs little. */
function nearest(key: string, options: readonly string[]): string | undefined {
  const scored = options.map((option) => ({ option, score: distance(key.toLowerCase(), option.toLowerCase()) }));
  const [best] = scored.sort((one, other) => one.score - other.score);
  return best && best.score <= Math.max(1, Math.floor(key.length / 3)) ? best.option : undefined;
}
