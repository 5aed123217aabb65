import type { LogicalLine, Token } from './python-lex';
import { lexPython, lineOf } from './python-lex';
import { UnreadablePython } from './python-strings';

/** `import a.b as c` has level 0, no module, and `a.b` among its names; `from ..a import b` has level 2 and module `a`. A star is the name `*`. */
export interface PythonImport {
  kind: 'import' | 'from';
  level: number;
  module: string;
  names: { name: string; as?: string }[];
  line: number;
}

export interface Decorator {
  line: number;
  /** Without the `@`. */
  tokens: Token[];
}

export interface Statement {
  /** Its first word (`class`, `def`, `if`, `import`…; `def` also for `async def`), or empty where it begins with none. */
  keyword: string;
  line: number;
  /** A simple statement whole; of a compound one its head, without `async` and the colon. */
  tokens: Token[];
  decorators: Decorator[];
  body: Statement[];
  import?: PythonImport;
}

/** A file that Python itself would refuse, or that this reader is not sure about, is not readable; nothing is to be concluded from it. */
export type PythonSource = { readable: true; body: Statement[] } | { readable: false; line: number; why: string };

const HEADS = new Set(['if', 'elif', 'else', 'try', 'except', 'finally', 'for', 'while', 'with', 'def', 'class']);

/** Reads a module's statements without Python, by the grammar of 3.12; what is inside expressions stays tokens. Never throws. */
export function readPython(source: string): PythonSource {
  try {
    return { readable: true, body: statementTree(lexPython(source)) };
  } catch (error) {
    if (!(error instanceof UnreadablePython)) throw error;
    return { readable: false, line: lineOf(source, error.offset), why: error.why };
  }
}

/** A token's line is all that is known of a misplaced statement; it is turned back into a place by the caller. */
class Misplaced extends Error {}
