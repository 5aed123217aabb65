/** Python would reject the text, or this reader does not support it. `readPython` catches it and returns an unreadable source. */
export class PythonSyntaxError extends Error {
  constructor(
    readonly reason: string,
    readonly offset: number,
    /** Set if a whole statement is wrong rather than one character. */
    readonly line?: number,
  ) {
    super(reason);
  }
}
