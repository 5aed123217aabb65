// What people read: a table a scenario, and the goals below it.
import { median, ratio } from './stats.mjs';

/** The rows of a scenario. A process of ours is shown twice: with node's start and without. */
export function rowsOf(results) {
  const rows = [];
  for (const { key, name, samples } of results) {
    const row = (more, pick) => ({
      key: `${key}${more}`,
      name: `${name}${more ? ', own time' : ''}`,
      ms: samples.map(pick),
      samples,
    });
    rows.push(row('', ({ ms }) => ms));
    if (samples.every(({ own }) => own !== undefined) && key !== 'warm') rows.push(row('-own', ({ own }) => own));
  }
  return rows;
}

/** How many times as fast `one` is as `other`; undefined where one of them was not measured. */
export function ratioOf(rows, one, other) {
  const find = (key) => rows?.find((row) => row.key === key)?.ms;
  return find(one) && find(other) ? ratio(find(one), find(other)) : undefined;
}

export function printScenario({ title, rows, against }) {
  const lines = [['', 'median', 'least … most', ...against.map((key) => `× ${key}`), 'sent', 'memory']];
  for (const { key, name, ms, samples } of rows)
    lines.push([
      name,
      seconds(median(ms)),
      `${seconds(Math.min(...ms))} … ${seconds(Math.max(...ms))}`,
      ...against.map((other) => times(key === other ? undefined : ratioOf(rows, key, other))),
      bytes(median(samples.map(({ sent }) => sent).filter(Boolean))),
      bytes(median(samples.map(({ rss }) => rss).filter(Boolean))),
    ]);
  return `${title}\n${columns(lines)}`;
}

export function printGoals(goals) {
  const lines = goals.map(({ text, value, shown, reached }) => [
    text,
    value === undefined ? '–' : shown,
    value === undefined ? 'not measured' : reached ? 'reached' : 'MISSED',
  ]);
  return `goals\n${columns([['', 'measured', ''], ...lines])}`;
}

export function columns(lines) {
  const widths = lines[0].map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  return lines
    .map((line) =>
      `  ${line.map((cell, index) => (index === 0 ? cell.padEnd(widths[index]) : cell.padStart(widths[index]))).join('   ')}`.trimEnd(),
    )
    .join('\n');
}

export function seconds(ms) {
  return ms === undefined ? '–' : ms < 10_000 ? `${(ms / 1000).toFixed(3)} s` : `${(ms / 1000).toFixed(1)} s`;
}

export function times(value) {
  return value === undefined ? '–' : `${value.toFixed(value < 10 ? 2 : 1)} ×`;
}

export function bytes(count) {
  if (count === undefined) return '–';
  return count < 1e6 ? `${Math.round(count / 1000)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}
