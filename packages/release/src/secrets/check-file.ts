import { findSecrets } from './detect';
import { secretFileRule } from './file-names';
import { isSecretItself } from './secret-name';

/** Why a file must not be in an image. `line`: undefined where its name decides. */
export interface SecretInFile {
  rule: string;
  line?: number;
}

/** Larger files are looked at up to here. Bytes. */
export const MAX_SCANNED_BYTES = 1024 * 1024;

/** How far a file is looked into for a NUL, which text does not have. */
const BINARY_PREFIX = 8000;

/** Every reason why a file must not be in an image, by its name and its content. Never the secret itself. */
export function secretsInFile(path: string, content: Uint8Array): SecretInFile[] {
  const named = secretFileRule(path);
  if (named) return [{ rule: named }];
  const text = textOf(content.subarray(0, MAX_SCANNED_BYTES));
  if (text === undefined) return [];
  const found = [...findSecrets(text), ...settingsOf(path, text)].sort((a, b) => a.index - b.index);
  const lines = lineCounter(text);
  return found.map(({ rule, index }) => ({ rule, line: lines(index) }));
}

/** UTF-16 is text too: Windows writes it. */
function textOf(content: Uint8Array): string | undefined {
  const encoding =
    content[0] === 0xff && content[1] === 0xfe ? 'utf-16le' : content[0] === 0xfe && content[1] === 0xff ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && content.subarray(0, BINARY_PREFIX).includes(0)) return undefined;
  return DECODERS[encoding].decode(content);
}

const DECODERS = {
  'utf-8': new TextDecoder('utf-8'),
  'utf-16le': new TextDecoder('utf-16le'),
  'utf-16be': new TextDecoder('utf-16be'),
};

/** Files that are nothing but settings, in which a password need not be quoted. */
const SETTINGS =
  /(?:\.env|\.ini|\.cfg|\.conf|\.properties|\.toml|\.ya?ml|\.json|(?:^|\/)\.?pypirc|(?:^|\/)(?:\.pip\/)?pip\.(?:conf|ini))$/i;

/** `password = …`, `"db_password": "…"`. */
const SETTING =
  /(?<=^|[\n{,])[ \t]{0,40}(?:export[ \t]+)?["']?([A-Za-z_][\w.-]{0,80})["']?[ \t]{0,3}[:=][ \t]{0,3}(?:"([^"\n]{1,200})"|'([^'\n]{1,200})'|([^\s"'#,{}[\]][^\n#,{}]{0,200}))/g;

/** Files whose settings stand between other words. */
const COMMANDS = /(?:(?:^|\/)(?:Dockerfile|Containerfile|Makefile)[\w.-]{0,100}|\.(?:dockerfile|containerfile|sh|bash|zsh|mk))$/i;

/** `ENV A=1 API_TOKEN=…`, `export API_TOKEN=…`; with a space only after ENV, as older Dockerfiles have it. */
const ASSIGNMENT =
  /(?<=^|[\s;&])(?:([A-Za-z_][\w.-]{0,80})=|ENV[ \t]{1,10}([A-Za-z_]\w{0,80})[ \t]{1,10})(?:"([^"\n]{1,200})"|'([^'\n]{1,200})'|([^\s"'#;&|]{1,200}))/gi;

/** Secrets by the name of a setting, in files where a value need not be quoted. */
function settingsOf(path: string, text: string): { rule: string; index: number }[] {
  const pattern = SETTINGS.test(path) ? SETTING : COMMANDS.test(path) ? ASSIGNMENT : undefined;
  if (!pattern || !/pass|pwd|secret|token|key|cred/i.test(text)) return [];
  const found: { rule: string; index: number }[] = [];
  for (const match of text.matchAll(pattern)) {
    const [name, written] = match.slice(1).filter((group) => group !== undefined) as [string, string];
    const value = written.trim();
    // A word without digits is a label or a translation.
    if (/^\S*\d\S*$/.test(value) && value.length >= 6 && isSecretItself(name.split('.').at(-1)!, value))
      found.push({ rule: 'secret-setting', index: match.index + match[0].indexOf(name) });
  }
  return found;
}

function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let at = 0;
  return (index) => {
    for (let end = text.indexOf('\n', at); end !== -1 && end < index; end = text.indexOf('\n', at)) {
      line += 1;
      at = end + 1;
    }
    return line;
  };
}
