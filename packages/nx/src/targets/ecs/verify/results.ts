import type { CheckInfo, CheckResult, Problem } from '@kdcube/release/internal';
import { KdcubeError } from '@kdcube/release/internal';
import { isInterrupted } from '../../../system/programs/signals';
import { formatTable } from '../../../system/table';

interface Missing {
  /** The errors of AWS that mean that the subject does not exist. */
  notFound?: RegExp;
  /** The result in that case. */
  missing?: () => CheckResult;
}

/** Gathers the facts of a check and applies it. If a call fails, the result is `unknown`, unless AWS says that the subject does not exist. */
export async function runCheck(
  { name, kind }: CheckInfo,
  subject: string,
  gather: () => Promise<CheckResult | CheckResult[]>,
  { notFound = /NotFound|NoSuchEntity/i, missing }: Missing = {},
): Promise<CheckResult[]> {
  const check = { check: name, kind, subject };
  try {
    const results = await gather();
    return Array.isArray(results) ? results : [results];
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    const [problem] = error.problems;
    const cause = (error.cause as Error | undefined)?.name ?? '';
    if (problem!.code === 'aws-denied')
      return [{ ...check, status: 'unknown', detail: `not allowed to check: ${problem!.hint ?? problem!.message}` }];
    if (notFound.test(cause)) return [missing?.() ?? { ...check, status: 'fail', detail: 'does not exist' }];
    return [{ ...check, status: 'unknown', detail: problem!.message.split('\n')[0]! }];
  }
}

const LABELS = { fail: 'FAIL', unknown: 'unknown', pass: 'pass' } as const;

/** All results in one table, failures first. */
export function resultTable(results: readonly CheckResult[]): string[] {
  const order = Object.keys(LABELS);
  const sorted = [...results].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return formatTable(
    ['', 'check', 'subject', 'result'],
    sorted.map(({ kind, subject, status, detail }) => [LABELS[status], kind, subject, detail]),
  );
}

export function toProblems(results: readonly CheckResult[]): Problem[] {
  return failuresOf(results).map(({ kind, subject, detail, hint }) => ({
    code: 'environment-not-ready' as const,
    message: `${kind} ${subject}: ${detail}.`,
    ...(hint !== undefined && { hint }),
  }));
}

export function failuresOf(results: readonly CheckResult[]): CheckResult[] {
  return results.filter(({ status }) => status === 'fail');
}
