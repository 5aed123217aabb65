import { mayHoldSecret } from '../../../document/values';
import { printable } from '../../../problem/problem';

/** A word of a compose file in a message. */
export function shownWord(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return mayHoldSecret(text) ? '…' : printable(text.length > 80 ? `${text.slice(0, 77)}…` : text);
}

/** Seconds of a duration as compose writes it (`1m30s`, `500ms`); undefined if it is invalid. */
export function secondsOf(value: unknown): number | undefined {
  const text = typeof value === 'number' ? `${value}s` : typeof value === 'string' ? value : '';
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  const UNITS: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 0.000001 };
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
}

/** MiB of a size as compose writes it (`512m`, `1.5gb`, bytes). */
export function mebibytesOf(value: unknown): number | undefined {
  const read = /^(\d+(?:\.\d+)?)\s*(b|kb?|mb?|gb?)?$/i.exec(String(value));
  if (!read || (typeof value !== 'string' && typeof value !== 'number')) return undefined;
  const power = { b: -2, k: -1, m: 0, g: 1 }[(read[2] ?? 'b')[0]!.toLowerCase()]!;
  return Number(read[1]) * 1024 ** power;
}

export function wholeNumber(value: unknown): number | undefined {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isInteger(read) ? read : undefined;
}

export interface AskedHealth {
  tool: 'curl' | 'wget' | 'python' | 'none';
  path?: string;
  port?: number;
}

/** What a health check requests from the container itself; undefined if an environment cannot express it. */
export function askedHealth(test: unknown, disabled: unknown): AskedHealth | undefined {
  const command = typeof test === 'string' ? [test] : Array.isArray(test) ? test.map(String) : [];
  if (disabled === true || disabled === 'true' || command[0] === 'NONE') return { tool: 'none' };
  const text = command.filter((word) => word !== 'CMD' && word !== 'CMD-SHELL').join(' ');
  const tool = /(?:^|[\s/])(curl|wget|python)(?:3(?:\.\d+)?)?\s/.exec(`${text} `)?.[1] as 'curl' | 'wget' | 'python' | undefined;
  const urls = [...text.matchAll(/http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(\/[^\s"'`|;&)]*)?/g)];
  if (!tool || urls.length !== 1 || /https?:\/\/\S*https?:\/\//.test(text)) return undefined;
  const [, port, path = '/'] = urls[0]!;
  return { tool, path, port: port === undefined ? 80 : Number(port) };
}

/** The container port of a published port; undefined for a range, or if it is invalid. */
export function containerPort(port: unknown): number | undefined {
  if (typeof port === 'object' && port !== null) return wholeNumber((port as Record<string, unknown>).target);
  const read = /^(?:.*:)?(\d+)(?:\/(?:tcp|udp))?$/.exec(String(port));
  return read ? Number(read[1]) : undefined;
}
