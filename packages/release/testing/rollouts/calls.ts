import type { EcsDouble } from './kit';
import type { Ended } from './run';

type Call = EcsDouble['journal']['entries'][number];

/** The calls of a rollout, for a golden file: its writes in order, and the number of its reads. */
export function printCalls(name: string, { exit }: Pick<Ended, 'exit'>, made: readonly Call[]): string {
  const writes = made.flatMap((call) => describeWrite(call) ?? []);
  const reads = new Map<string, number>();
  for (const call of made) if (describeWrite(call) === undefined) reads.set(call.op, (reads.get(call.op) ?? 0) + 1);
  const counted = [...reads].sort(([one], [other]) => (one < other ? -1 : 1)).map(([op, count]) => `${op} ${count}`);
  return [`${name}: ${exit}`, `  writes  ${countRepeated(writes).join(', ') || 'none'}`, `  reads   ${counted.join(', ')}`].join(
    '\n',
  );
}

/** `update proc → proc:2`; undefined for a read. `(ExpiredTokenException)`: the call failed. */
function describeWrite({ op, request, status, errorType }: Call): string | undefined {
  const asked = request as Record<string, string>;
  const short = (text: string | undefined) => (text ?? '').slice((text ?? '').lastIndexOf('/') + 1).replace(/^acme-/, '');
  const texts: Record<string, () => string> = {
    RegisterTaskDefinition: () => `register ${short(asked.family)}`,
    UpdateService: () => `update ${short(asked.service)} → ${short(asked.taskDefinition)}`,
    RunTask: () => `run ${short(asked.taskDefinition)}`,
    CreateSecret: () => `create secret ${secretName(asked.Name)}`,
    PutSecretValue: () => `put secret ${secretName(asked.SecretId)}`,
    TagResource: () => 'tag',
    UntagResource: () => 'untag',
    ContinueServiceDeployment: () => `${String(asked.action).toLowerCase()} a paused deployment`,
    StopServiceDeployment: () => 'stop a deployment with ROLLBACK',
  };
  return texts[op] && `${texts[op]()}${status === 200 ? '' : ` (${errorType})`}`;
}

function secretName(name = ''): string {
  return name.replace(/^kdcube\/acme\/one\//, '');
}

/** Counts what is repeated in a row. */
function countRepeated(texts: readonly string[]): string[] {
  const counted: { text: string; times: number }[] = [];
  for (const text of texts) {
    const last = counted.at(-1);
    if (last?.text === text) last.times += 1;
    else counted.push({ text, times: 1 });
  }
  return counted.map(({ text, times }) => (times === 1 ? text : `${times} × ${text}`));
}
