import type { Problem } from '@kdcube/release';
import { KdcubeError } from '@kdcube/release';
import { isInterrupted } from '../../signals';
import { table } from '../../table';

/** What one question about an environment was answered. `unknown`: it may not be asked, or nobody answers; that is neither good nor bad. */
export interface Answer {
  /** What kind of thing: account, service, secret. */
  about: string;
  /** Which one. Never a secret's value: those are not asked for. */
  subject: string;
  verdict: 'good' | 'wrong' | 'unknown';
  said: string;
  hint?: string;
}

export function good(about: string, subject: string, said: string): Answer {
  return { about, subject, verdict: 'good', said };
}

export function wrong(about: string, subject: string, said: string, hint?: string): Answer {
  return { about, subject, verdict: 'wrong', said, ...(hint !== undefined && { hint }) };
}

export function unknown(about: string, subject: string, said: string): Answer {
  return { about, subject, verdict: 'unknown', said };
}

/** Asks, and takes a refusal for an answer: only what AWS itself says is not there is wrong. `missing`: the names of AWS's errors that say so. */
export async function answered(
  about: string,
  subject: string,
  ask: () => Promise<Answer | Answer[]>,
  missing: RegExp = /NotFound|NoSuchEntity/i,
  hint?: string,
): Promise<Answer[]> {
  try {
    const found = await ask();
    return Array.isArray(found) ? found : [found];
  } catch (error) {
    if (!(error instanceof KdcubeError) || isInterrupted(error)) throw error;
    const [problem] = error.problems;
    const cause = (error.cause as Error | undefined)?.name ?? '';
    if (problem!.code === 'aws-denied')
      return [unknown(about, subject, `may not be asked: ${problem!.hint ?? problem!.message}`)];
    if (missing.test(cause)) return [wrong(about, subject, 'is not there', hint)];
    return [unknown(about, subject, problem!.message.split('\n')[0]!)];
  }
}

const MARKS = { good: 'good', wrong: 'WRONG', unknown: 'not known' } as const;

/** One table of all answers: what is wrong first. */
export function answerTable(answers: readonly Answer[]): string[] {
  const order = ['wrong', 'unknown', 'good'];
  const sorted = [...answers].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return table(
    ['', 'what', 'which', 'answer'],
    sorted.map(({ about, subject, verdict, said }) => [MARKS[verdict], about, subject, said]),
  );
}

export function problemsOf(answers: readonly Answer[]): Problem[] {
  return answers
    .filter(({ verdict }) => verdict === 'wrong')
    .map(({ about, subject, said, hint }) => ({
      code: 'environment-unready' as const,
      message: `${about} ${subject}: ${said}.`,
      ...(hint !== undefined && { hint }),
    }));
}
