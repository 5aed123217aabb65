import type { ProblemCode } from '../../problem/codes';
import type { Problem } from '../../problem/problem';

/** A rule about the environment of a deployment. `verify` and a deploy decide by the same rules; each gathers the facts itself. */
export interface Check<Facts> extends CheckInfo {
  /** Pure. `subject`: the name of what is checked. */
  decide(facts: Facts, subject: string): Finding;
}

/** What docs/checks.md shows. */
export interface CheckInfo {
  /** Unique: `service-controller` is in service.ts. */
  name: string;
  /** What kind of thing the subject is: `service`. */
  kind: string;
  /** What must be true. */
  title: string;
  /** What happens otherwise. */
  why: string;
  /** Where the rule comes from. */
  source: string;
  when: readonly ('verify' | 'deploy')[];
  /** The problem code with which a deploy, or its plan, refuses. `verify` reports every failed check as `environment-not-ready`. */
  code: ProblemCode;
}

export interface Finding {
  status: 'pass' | 'fail' | 'unknown';
  /** Follows the subject: `is DRAINING`. Never the value of a secret. */
  detail: string;
  hint?: string;
}

/** The finding of one check on one subject. `unknown` does not fail `verify`, and does not stop a deploy. */
export interface CheckResult extends Finding {
  check: string;
  kind: string;
  subject: string;
}

export function pass(detail: string): Finding {
  return { status: 'pass', detail };
}

export function fail(detail: string, hint?: string): Finding {
  return { status: 'fail', detail, ...(hint !== undefined && { hint }) };
}

export function unknown(detail: string): Finding {
  return { status: 'unknown', detail };
}

function resultOf({ name, kind }: CheckInfo, subject: string, finding: Finding): CheckResult {
  return { check: name, kind, subject, ...finding };
}

export function applyCheck<Facts>(check: Check<Facts>, subject: string, facts: Facts): CheckResult {
  return resultOf(check, subject, check.decide(facts, subject));
}

/** Applies checks that build on each other: the result of the first that does not pass, else of the last. */
export function applyInOrder<Facts>(checks: readonly Check<Facts>[], subject: string, facts: Facts): CheckResult {
  let result: CheckResult | undefined;
  for (const check of checks) {
    result = applyCheck(check, subject, facts);
    if (result.status !== 'pass') break;
  }
  return result!;
}

/** The problem of a deploy. Undefined if none of the checks fails. */
export function findProblem<Facts>(checks: readonly Check<Facts>[], subject: string, facts: Facts): Problem | undefined {
  for (const check of checks) {
    const { status, detail, hint } = check.decide(facts, subject);
    if (status !== 'fail') continue;
    return { code: check.code, message: `The ${check.kind} ${subject} ${detail}.`, ...(hint !== undefined && { hint }) };
  }
  return undefined;
}
