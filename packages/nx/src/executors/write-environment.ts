import * as path from 'node:path';
import type { ImportedEnvironment, ImportNote } from '@kdcube/release/internal';
import { environmentFile, formatPlace, isEnvironmentName, KdcubeError, quoted } from '@kdcube/release/internal';
import { readWorkspaceFile } from '../workspace/disk';
import { writeFileAtomic } from '../system/files/files';
import { formatTable } from '../system/table';
import type { Task } from './run-task';

/** Writes an imported environment, unless another one has its name, and reports what could not be imported. */
export async function writeEnvironment(
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
      message: `${quoted(name)} is not a valid environment name: use lower-case letters, digits and dashes.`,
      hint: '--environment=prod',
    });
  const existing = readWorkspaceFile(root, file);
  if (existing !== undefined && existing.toString('utf8') !== text)
    throw new KdcubeError({
      code: 'already-exists',
      message: `${file} exists already. An import does not overwrite it.`,
      hint: `--environment=${name}-imported`,
    });
  // Notes that need an action come first.
  const all = [...before, ...notes].sort((one, other) => Number(isInformation(one)) - Number(isInformation(other)));
  const todo = all.filter((note) => !isInformation(note)).length;
  if (all.length > 0)
    log.lines(
      formatTable(
        ['what', '', 'hint'],
        all.map(({ subject, message, hint = '', at }) => [at ? `${subject}  ${formatPlace(at)}` : subject, message, hint]),
      ),
    );
  for (const note of all) log.event({ event: 'note', ...note });
  log.event({ event: 'imported', file, text });
  if (!dryRun) await writeFileAtomic(path.resolve(root, file), text);
  log.done(
    dryRun ? 'would write' : 'imported',
    file,
    `${todo} notes to check, ${all.length - todo} for information; then nx run release:${next}:${name}`,
    startedAt,
  );
}

/** What the environment expresses in another way, or what the platform does not read: no action is needed. */
function isInformation({ reason }: ImportNote): boolean {
  return ['made', 'off', 'empty', 'replica', 'default', 'stranger'].includes(reason);
}
