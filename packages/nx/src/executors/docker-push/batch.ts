import type { ExecutorContext, TaskGraph } from '@nx/devkit';
import { createLog, type Log } from '../../system/log';
import { imageReferences, pushTable, type PushRow, type WouldPush } from '../../images/push/table';
import { runBatch, type BatchResult } from '../batch';
import { rewriterFor } from '../run-task';
import { pushProject } from './push-project';
import type { DockerPushOptions } from './schema';

/**
 * Pushes all images of an Nx run in one process. At the end it prints one table, the notes of all images and their references: most output styles of Nx hide the output of a task
 * that succeeded, and show what a batch prints itself.
 */
export default function dockerPushBatch(
  graph: TaskGraph,
  inputs: Record<string, DockerPushOptions>,
  overrides: { json?: boolean },
  context: ExecutorContext,
): AsyncGenerator<BatchResult> {
  const rows: (PushRow | WouldPush)[] = [];
  const notes: string[] = [];
  return runBatch(graph, inputs, context, {
    concurrency: 4,
    async run(task, options) {
      const log = withNotes(task.log, (note) => notes.push(`${task.project}: ${note}`));
      const row = await pushProject({ ...task, log }, options);
      if (row) rows.push(row);
    },
    afterAll() {
      const log = createLog({ ...overrides, rewrite: rewriterFor(context) });
      log.lines(pushTable(rows));
      notes.forEach(log.note);
      log.lines(imageReferences(rows));
    },
  });
}

function withNotes(log: Log, onNote: (text: string) => void): Log {
  return {
    ...log,
    note(text) {
      onNote(text);
      log.note(text);
    },
  };
}
