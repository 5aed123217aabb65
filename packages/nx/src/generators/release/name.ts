import { KdcubeError, readRelease, setText } from '@kdcube/release/internal';

/** `text` with release_name saying `name`. Where the key is not there, it becomes the first key; the comments above stay above. */
export function withName(text: string, file: string, name: string): string {
  if (/^(?:"release_name"|'release_name'|release_name)\s*:/m.test(text)) return setText(text, file, ['release_name'], name);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const first = /^(?:[A-Za-z_]\w*|"[^"\n]*"|'[^'\n]*')\s*:/m.exec(text)?.index;
  const edited =
    first === undefined ? '' : `${text.slice(0, first)}release_name: ${JSON.stringify(name)}${eol}${eol}${text.slice(first)}`;
  // The promise, kept by looking: the new text reads as a release of this name.
  if (readRelease(edited, file).release?.name === name) return edited;
  throw new KdcubeError({
    code: 'missing-key',
    message: `${file} has no release_name, and is written in a form that no line fits into.`,
    hint: `release_name: ${JSON.stringify(name)}`,
    at: { file },
  });
}
