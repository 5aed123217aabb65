/**
 * What compose's YAML reader (go-yaml) understands by an unquoted word. A number whose digits JavaScript would change is the text that compose makes of it.
 */
export function readPlainScalar(source: string): string | number | boolean | null {
  if (Object.hasOwn(CONSTANTS, source)) return CONSTANTS[source]!;
  if (source.startsWith('.')) return FLOAT.test(source) ? asFloat(source) : source;
  if (!/^[-+\d]/.test(source)) return source;
  const time = timeOf(source);
  if (time !== undefined) return time;
  const digits = source.replaceAll('_', '');
  const integer = integerOf(digits);
  if (integer !== undefined) return exactNumber(integer.toString());
  return FLOAT.test(digits) ? asFloat(digits) : source;
}

const CONSTANTS: Record<string, boolean | number | null> = {
  ...constants(true, ['true', 'True', 'TRUE']),
  ...constants(false, ['false', 'False', 'FALSE']),
  ...constants(null, ['', '~', 'null', 'Null', 'NULL']),
  ...constants(NaN, ['.nan', '.NaN', '.NAN']),
  ...constants(Infinity, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF']),
};
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

function constants<T>(value: T, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** 0x…, 0b…, 0o…, and 022 as in YAML 1.1, in 64 bits. */
function integerOf(digits: string): bigint | undefined {
  const read = /^([-+]?)(?:0([xXbBoO][\da-fA-F]+)|0([0-7]+)|(0|[1-9]\d*))$/.exec(digits);
  if (!read || digits.length > 70) return undefined;
  const [, sign, prefixed, octal, decimal] = read;
  try {
    const value = BigInt(prefixed ? `0${prefixed.toLowerCase()}` : octal ? `0o${octal}` : decimal!);
    const limit = sign === '-' ? 2n ** 63n : sign === '+' ? 2n ** 63n - 1n : 2n ** 64n - 1n;
    return value > limit ? undefined : sign === '-' ? -value : value;
  } catch {
    return undefined;
  }
}

function asFloat(digits: string): string | number {
  const value = Number(digits);
  return Number.isFinite(value) ? exactNumber(goText(value)) : digits;
}

/** A number, if it has the same text here and in Go. */
function exactNumber(text: string): string | number {
  return String(Number(text)) === text ? Number(text) : text;
}

/** As Go prints a number: with an exponent from a million on, and below 0.0001. */
function goText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** A date or a time, which compose prints as Go does. */
function timeOf(source: string): string | undefined {
  const read =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:([Tt])|( ))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9}))?(Z|[-+]\d\d:\d\d)?)?$/.exec(
      source,
    );
  if (!read) return undefined;
  const [, year, month, day, t, space, hour = '0', minute = '0', second = '0', fraction = '', zone] = read;
  // With a T it needs a zone, with a space it has none.
  if ((t !== undefined) !== (zone !== undefined) && (t !== undefined || space !== undefined)) return undefined;
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (text: string) => text.padStart(2, '0');
  const part = fraction.replace(/0+$/, '');
  const offset = zone === undefined || zone === 'Z' ? '+0000 UTC' : zone.replace(':', '').replace(/^.*$/, '$& $&');
  return `${year}-${two(month!)}-${two(day!)} ${two(hour)}:${two(minute)}:${two(second)}${part && `.${part}`} ${offset}`;
}
