import type { Problem } from '@kdcube/release/internal';
import { KdcubeError } from '@kdcube/release/internal';
import { isInterrupted } from '../../../system/signals';
import { table } from '../../../system/table';

/** The result of one check of an environment. `unknown`: AWS denied it or was unreachable; that does not fail `verify`. */
export interface CheckResult {
  /** What kind of thing was checked: account, service, secret. */
  kind: string;
  /** Which one. Never the value of a secret. */
  subject: string;
  status: 'pass' | 'fail' | 'unknown';
  detail: string;
  hint?: string;
}

export function pass(kind: string, subject: string, detail: string): CheckResult {
  return { kind, subject, status: 'pass', detail };
}

export function fail(kind: string, subject: string, detail: string, hint?: string): CheckResult {
  return { kind, subject, status: 'fail', detail, ...(hint !== undefined && { hint }) };
}

export function unknown(kind: string, subject: string, detail: string): CheckResult {
  return { kind, subject, status: 'unknown', detail };
}

/** Runs a check. A failed call gives `unknown`, unless AWS says that the subject does not exist: `notFound` are the names of the errors that do. */
export async function runCheck(
  kind: string,
  subject: string,
  check: () => Promise<CheckResult | CheckResult[]>,
  { notFound = /NotFound|NoSuchEntity/i, hint }: { notFound?: RegExp; hint?: string } = {},
): Promise<CheckResult[]> {
  try {
    const results = await check();
    return Array.isArray(results) ? results : [results];
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    const [problem] = error.problems;
    const cause = (error.cause as Error | undefined)?.name ?? '';
    if (problem!.code === 'aws-denied')
      return [unknown(kind, subject, `not allowed to check: ${problem!.hint ?? problem!.message}`)];
    if (notFound.test(cause)) return [fail(kind, subject, 'does not exist', hint)];
    return [unknown(kind, subject, problem!.message.split('\n')[0]!)];
  }
}

const LABELS = { fail: 'FAIL', unknown: 'unknown', pass: 'pass' } as const;

/** All results in one table, failures first. */
export function resultTable(results: readonly CheckResult[]): string[] {
  const order = Object.keys(LABELS);
  const sorted = [...results].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return table(
    ['', 'check', 'subject', 'result'],
    sorted.map(({ kind, subject, status, detail }) => [LABELS[status], kind, subject, detail]),
  );
}

export function toProblems(results: readonly CheckResult[]): Problem[] {
  return results
    .filter(({ status }) => status === 'fail')
    .map(({ kind, subject, detail, hint }) => ({
      code: 'environment-not-ready' as const,
      message: `${kind} ${subject}: ${detail}.`,
      ...(hint !== undefined && { hint }),
    }));
}
