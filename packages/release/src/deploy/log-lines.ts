/** A line of a container's log. */
export interface LogLine {
  /** The name of the service in the environment. */
  service: string;
  /** The task or the container that wrote it. */
  source: string;
  /** ISO 8601. */
  time: string;
  text: string;
}

/** From when on a log is read: a time (milliseconds since 1970), a time before now, by the clock of whoever has the log, or the deploy of a release. */
export type LogStart = LogTime | { kind: 'release'; release: string };
export type LogTime = { kind: 'time'; at: number } | { kind: 'ago'; seconds: number };

/** Seconds. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90s`, `30m`, `2h`, `1d`; a time such as `2026-03-02T10:30:00Z`; else the name of a release. Undefined for a time that does not exist. */
export function parseLogStart(text: string): LogStart | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return { kind: 'ago', seconds: Number(count) * UNITS[unit]! };
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return { kind: 'release', release: text };
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : { kind: 'time', at };
}

/** `2026-03-02 10:30:00.123 proc a1b2c3d4  text`, with the time in UTC. */
export function formatLogLine({ service, source, time, text }: LogLine): string {
  const when = time.slice(0, 23).replace('T', ' ').replace(/Z$/, '');
  return `${when} ${service} ${source.slice(0, 8)}  ${text}`.trimEnd();
}
