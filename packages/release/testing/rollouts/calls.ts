import type { EcsDouble } from './kit';
import type { Ended } from './run';

type Call = EcsDouble['journal']['entries'][number];

/** What a rollout asked of AWS, for a golden file: its writes in order, and how often it looked. */
export function printCalls(name: string, { exit }: Pick<Ended, 'exit'>, made: readonly Call[]): string {
  const writes = made.flatMap((call) => writeWords(call) ?? []);
  const reads = new Map<string, number>();
  for (const call of made) if (writeWords(call) === undefined) reads.set(call.op, (reads.get(call.op) ?? 0) + 1);
  const counted = [...reads].sort(([one], [other]) => (one < other ? -1 : 1)).map(([op, count]) => `${op} ${count}`);
  return [`${name}: ${exit}`, `  writes  ${together(writes).join(', ') || 'none'}`, `  reads   ${counted.join(', ')}`].join('\n');
}

/** `update proc → proc:2`; undefined for what reads. `(ExpiredTokenException)`: it was refused. */
function writeWords({ op, request, status, errorType }: Call): string | undefined {
  const asked = request as Record<string, string>;
  const short = (text: string | undefined) => (text ?? '').slice((text ?? '').lastIndexOf('/') + 1).replace(/^acme-/, '');
  const words: Record<string, () => string> = {
    RegisterTaskDefinition: () => `register ${short(asked.family)}`,
    UpdateService: () => `update ${short(asked.service)} → ${short(asked.taskDefinition)}`,
    RunTask: () => `run ${short(asked.taskDefinition)}`,
    TagResource: () => 'tag',
    UntagResource: () => 'untag',
  };
  return words[op] && `${words[op]()}${status === 200 ? '' : ` (${errorType})`}`;
}

/** What comes several times in a row is counted. */
function together(words: readonly string[]): string[] {
  const counted: { word: string; times: number }[] = [];
  for (const word of words) {
    const last = counted.at(-1);
    if (last?.word === word) last.times += 1;
    else counted.push({ word, times: 1 });
  }
  return counted.map(({ word, times }) => (times === 1 ? word : `${times} × ${word}`));
}
