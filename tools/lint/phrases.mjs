// Retired phrases in pages: part of `npm run docs -- --check`.
import fs from 'node:fs';
import path from 'node:path';
import { PHRASES } from './words.mjs';

/** The pages that a reader sees. The decision on the language itself quotes what is retired. */
function pagesIn(root) {
  const markdown = (folder) =>
    fs
      .readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.posix.join(folder, name));
  const packages = fs.readdirSync(path.join(root, 'packages')).flatMap((name) => markdown(`packages/${name}`));
  const pages = [...markdown('.'), ...markdown('docs'), ...markdown('docs/decisions'), ...markdown('tools/bench'), ...packages];
  return pages.filter((page) => !page.endsWith('0016-one-language.md'));
}

/** Each retired phrase in a text: its line, the phrase, and what to write instead. */
export function phrasesIn(text) {
  return text.split('\n').flatMap((line, index) =>
    PHRASES.flatMap(([phrase, instead]) => {
      const found = phrase.exec(line);
      return found ? [{ line: index + 1, phrase: found[0], instead }] : [];
    }),
  );
}

/** One line for each retired phrase in the pages below `root`. */
export function retiredPhrases(root) {
  return pagesIn(root).flatMap((page) =>
    phrasesIn(fs.readFileSync(path.join(root, page), 'utf8')).map(
      ({ line, phrase, instead }) => `${page}:${line}: "${phrase}" is retired (tools/lint/words.mjs). Write: ${instead}`,
    ),
  );
}
