/** Values of variables that a reader of env files, of YAML or of JSON may take for something else. */
export const HARD_VALUES: Record<string, string> = {
  PLAIN: 'kdcube.relay/chatbot:1',
  EMPTY: '',
  SPACES: '  around  ',
  HASH: 'a #b',
  DOLLAR: '$HOME ${HOME} $$ $',
  SINGLE: "l'été",
  DOUBLE: 'say "no"',
  BOTH: `'"$HOME"' #\\`,
  BACKSLASH: 'C:\\new\\',
  LINES: 'one\ntwo\n\nfour',
  LINES_AND_QUOTES: 'it\'s\n"two"\r\nlines\\n',
  JSON_TEXT: '{"a":"b\'c","d":["$e","#f"],"g":"\\u00e9"}',
  UNICODE: '漢字 😀 ß',
  EQUALS: '=a=b',
  TABS: '\ta\tb',
};
