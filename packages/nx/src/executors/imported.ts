import * as path from 'node:path';
import type { ImportedEnvironment, ImportNote } from '@kdcube/release/internal';
import { environmentFile, formatPlace, isEnvironmentName, KdcubeError, quoted } from '@kdcube/release/internal';
import { diskFiles } from '../workspace/disk';
import { writeFileAtomic } from '../system/files';
import { table } from '../system/table';
import type { Task } from './perform';

/** Writes an imported environment where none is yet, and says what could not come along. */
export async function writeImported(
  { root, log }: Pick<Task, 'root' | 'log'>,
  name: string,
  { text, notes }: ImportedEnvironment,
  { before, next, dryRun }: { before: readonly ImportNote[]; next: 'env' | 'plan'; dryRun: boolean },
): Promise<void> {
  const startedAt = Date.now();
  const file = environmentFile(name);
  if (!isEnvironmentName(name))
    throw new KdcubeError({
      code: 'wrong-option',
      message: `${quoted(name)} cannot be the name of an environment: lower-case letters, digits and dashes.`,
      hint: '--environment=prod',
    });
  const there = diskFiles(root).read(file);
  if (there !== undefined && Buffer.from(there).toString('utf8') !== text)
    throw new KdcubeError({
      code: 'already-exists',
      message: `${file} is there already, and an import would overwrite it.`,
      hint: `--environment=${name}-imported`,
    });
  // What a person has to do comes first.
  const all = [...before, ...notes].sort((one, other) => Number(isForTheRecord(one)) - Number(isForTheRecord(other)));
  const todo = all.filter((note) => !isForTheRecord(note)).length;
  if (all.length > 0)
    log.lines(
      table(
        ['what', '', 'hint'],
        all.map(({ subject, said, hint = '', at }) => [at ? `${subject}  ${formatPlace(at)}` : subject, said, hint]),
      ),
    );
  for (const note of all) log.event({ event: 'note', ...note });
  log.event({ event: 'imported', file, text });
  if (!dryRun) await writeFileAtomic(path.resolve(root, file), text);
  log.done(
    dryRun ? 'would write' : 'imported',
    file,
    `${todo} things to look at, ${all.length - todo} for the record; then nx run release:${next}:${name}`,
    startedAt,
  );
}

/** What the environment says in another way, or nobody reads: nothing is to be done. */
function isForTheRecord({ reason }: ImportNote): boolean {
  return ['made', 'off', 'empty', 'replica', 'default', 'stranger'].includes(reason);
}
