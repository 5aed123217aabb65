import { isMapping } from '../document/layers';
import type { DocumentPath, ReadDocument } from '../document/document';
import { LIMITS } from '../problem/limits';
import type { Problem } from '../problem/problem';
import { quoted } from '../problem/problem';
import type { PartlyWritten } from './environment';

/** Limits the number of services and of variables, because every service gets every shared variable. Entries over a limit are removed from `written`. */
export function limitCounts(written: PartlyWritten, doc: ReadDocument): Problem[] {
  const problems: Problem[] = [];
  const limit = (mapping: unknown, path: DocumentPath, { max, unit }: { max: number; unit: string }): void => {
    if (!isMapping(mapping)) return;
    const keys = Object.keys(mapping);
    if (keys.length <= max) return;
    const message = `${quoted(path[path.length - 1])} has ${keys.length} ${unit}. At most ${max} are read.`;
    problems.push({ code: 'limit-exceeded', message, at: doc.place(path, 'key') });
    for (const key of keys.slice(max)) delete mapping[key];
  };
  limit(written.services, ['services'], LIMITS.services);
  for (const kind of ['env', 'secrets'] as const) {
    for (const [section, names] of Object.entries(written[kind] ?? {})) limit(names, [kind, section], LIMITS.variables);
    for (const [name, service] of Object.entries(written.services ?? {}))
      limit(service[kind], ['services', name, kind], LIMITS.variables);
  }
  return problems;
}
