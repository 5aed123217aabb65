import { KdcubeError, readRelease, setText } from '@kdcube/release/internal';

/** Sets release_name in `text`. A new key becomes the first key, below the leading comments. */
export function withName(text: string, file: string, name: string): string {
  if (/^(?:"release_name"|'release_name'|release_name)\s*:/m.test(text)) return setText(text, file, ['release_name'], name);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const first = /^(?:[A-Za-z_]\w*|"[^"\n]*"|'[^'\n]*')\s*:/m.exec(text)?.index;
  const edited =
    first === undefined ? '' : `${text.slice(0, first)}release_name: ${JSON.stringify(name)}${eol}${eol}${text.slice(first)}`;
  // Check the result: the edited text must read as a release with this name.
  if (readRelease(edited, file).release?.name === name) return edited;
  throw new KdcubeError({
    code: 'missing-key',
    message: `release_name cannot be added to ${file}: its YAML has no place for a new line.`,
    hint: `release_name: ${JSON.stringify(name)}`,
    at: { file },
  });
}
