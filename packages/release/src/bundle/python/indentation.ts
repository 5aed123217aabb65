import type { Cursor } from './cursor';
import { PythonSyntaxError } from './syntax-error';

/** CPython's limit. */
const MAX_DEPTH = 100;

/** A tab advances `column` to the next multiple of 8, and `altColumn` by one. As in CPython, both must agree on which line is deeper. */
export interface Indentation {
  column: number;
  altColumn: number;
}

export function readIndentation(cursor: Cursor): Indentation {
  let column = 0;
  let altColumn = 0;
  let joined: Indentation | undefined;
  for (; cursor.at < cursor.text.length; cursor.at++) {
    const char = cursor.text.charAt(cursor.at);
    if (char === ' ') [column, altColumn] = [column + 1, altColumn + 1];
    else if (char === '\t') [column, altColumn] = [(Math.floor(column / 8) + 1) * 8, altColumn + 1];
    else if (char === '\f') [column, altColumn] = [0, 0];
    else if (char === '\\' && cursor.text.charAt(cursor.at + 1) === '\n') {
      // Spaces before a backslash are the indentation; those of the joined line are not.
      joined = joined?.column ? joined : { column, altColumn };
      [cursor.at, cursor.line] = [cursor.at + 1, cursor.line + 1];
    } else break;
  }
  return joined?.column ? joined : { column, altColumn };
}

/** Updates the stack of open indentations with a line's own, and returns the number of blocks around the line. */
export function updateDepth(stack: Indentation[], { column, altColumn }: Indentation, at: number): number {
  const before = stack.length;
  while (column < stack.at(-1)!.column) stack.pop();
  const top = stack.at(-1)!;
  if (column === top.column && altColumn === top.altColumn) return stack.length - 1;
  if (stack.length < before && column !== top.column)
    throw new PythonSyntaxError('unindent does not match any outer indentation level', at);
  if (column === top.column || altColumn <= top.altColumn)
    throw new PythonSyntaxError('inconsistent use of tabs and spaces in indentation', at);
  if (stack.length > MAX_DEPTH) throw new PythonSyntaxError('too many levels of indentation', at);
  stack.push({ column, altColumn });
  return stack.length - 1;
}
