import { Lexer } from 'yaml';

/** The comments of a YAML text, in order. */
export function commentsOf(text: string): string[] {
  return [...new Lexer().lex(text)].filter((lexeme) => lexeme.startsWith('#'));
}
