import type { ProblemCode } from './codes';
import { LIMITS } from './limits';

/** Where a problem is. `file` is relative to the workspace; `line` and `col` count from 1; `path` is the place in the document, such as `bundles.items[1].ref`. */
export interface Place {
  file: string;
  line?: number;
  col?: number;
  path?: string;
}

/** One thing that is wrong: what happened and why (`message`), what to type (`hint`), and where (`at`). `code` is a key of PROBLEMS. */
export interface Problem {
  code: ProblemCode;
  message: string;
  hint?: string;
  at?: Place;
}

/**
 * The one error of this project. Reading throws it with every problem it found; doing throws it with one, and `cause`.
 * `changed`: what the failed step changed, in full sentences, if it is the only one that knows. The command that prints the error adds what else it has changed.
 */
export class KdcubeError extends Error {
  readonly problems: readonly Problem[];
  readonly changed: string | undefined;

  constructor(problems: Problem | readonly Problem[], options: { cause?: unknown; changed?: string } = {}) {
    const list = Array.isArray(problems) ? (problems as Problem[]) : [problems as Problem];
    super(formatProblems(list, options.changed), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KdcubeError';
    this.problems = list;
    this.changed = options.changed;
    // Nx prints `stack` where it does not know the error; a known problem has no use for one.
    this.stack = this.message;
  }
}

/** The text of problems: place, message and hint of each; the last line says how many there are, and `changed`: what was and was not changed, in full sentences. */
export function formatProblems(problems: readonly Problem[], changed?: string): string {
  const printed = problems.slice(0, LIMITS.problemsPrinted.max);
  const omitted = problems.length - printed.length;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const last = printable(changed === undefined ? `${count}.` : `${count}. ${changed}`);
  return [...printed.map(formatProblem), ...(omitted > 0 ? [`and ${omitted} more`] : []), last].join('\n');
}

/** One problem without the closing line; notes are printed this way too. */
export function formatProblem(problem: Problem): string {
  const { code, message, hint, at } = problem;
  const head = at ? `${formatPlace(at)}${at.path ? `  ${at.path}` : ''}  [${code}]` : `[${code}]`;
  const lines = [printable(head), ...indent(message)];
  if (hint) lines.push(...indent(`hint  ${hint}`));
  return lines.join('\n');
}

export function formatPlace({ file, line, col }: Place): string {
  return [file, line, col].filter((part) => part !== undefined).join(':');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${printable(line)}`);
}

/** Control characters (terminal escapes, NUL) and what changes the order of text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Hostile input is quoted in messages: control characters are shown as \xNN, never sent to a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON that is safe to print: what it leaves as it is, such as C1 controls, becomes an escape of JSON, so that readers get the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `text` as a quoted word of a message, cut where it would flood the terminal. */
export function quoted(text: unknown): string {
  const whole = typeof text === 'string' ? text : (JSON.stringify(text) ?? String(text));
  return `"${printable(whole.length > 80 ? `${whole.slice(0, 77)}…` : whole)}"`;
}
