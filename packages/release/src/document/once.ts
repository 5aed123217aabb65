/** For `safeParse` of a schema that a process uses once or twice: compiling a function for it would take longer than the function saves. */
export const ONCE = { jitless: true };
