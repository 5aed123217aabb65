import { isPlainText } from './scalars';

/**
 * Plain data as YAML that every reader reads the same, 1.1 (the platform's) and 1.2: texts are quoted and ASCII (a raw U+2028 is a line end to the
 * one and a letter to the other), keys are quoted unless they are plain words, and numbers have the form that both take for numbers.
 */
export function yamlText(value: unknown): string {
  return `${block(value, '').join('\n')}\n`;
}

/** The lines of a value, without the indentation of its first. */
function block(value: unknown, indent: string): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => nested(`${indent}- `, block(item, `${indent}  `), isCollection(item) ? 'inline' : 'scalar'));
  }
  if (isMapping(value)) {
    const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
    if (pairs.length > 0)
      return pairs.flatMap(([key, item]) => {
        const inner = Array.isArray(item) || isMapping(item) ? `${indent}  ` : '';
        return nested(`${indent}${keyText(key)}:`, block(item, inner), isCollection(item) ? 'below' : 'after');
      });
    return ['{}'];
  }
  if (Array.isArray(value)) return ['[]'];
  if (typeof value === 'string') return [quotedText(value)];
  if (typeof value === 'number') return [numberText(value)];
  return [value === true ? 'true' : value === false ? 'false' : 'null'];
}

function nested(head: string, lines: string[], how: 'inline' | 'scalar' | 'below' | 'after'): string[] {
  if (how === 'below') return [head, ...lines];
  const [first = '', ...rest] = lines;
  return [`${head}${how === 'after' ? ' ' : ''}${how === 'inline' ? first.trimStart() : first}`, ...rest];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A collection that has lines of its own: an empty one is written as `[]` or `{}`. */
function isCollection(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : isMapping(value) && Object.values(value).some((item) => item !== undefined);
}

function keyText(key: string): string {
  // One letter is quoted: `y` and `n` are booleans to some.
  return /^[A-Za-z_][\w-]+$/.test(key) && isPlainText(key) ? key : quotedText(key);
}

function quotedText(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (char) => {
    const code = char.codePointAt(0)!;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** YAML 1.1 asks for a dot before an exponent. JSON has no infinity, and neither does a release. */
function numberText(value: number): string {
  return JSON.stringify(value).replace(/^(-?\d+)e/, '$1.0e');
}
