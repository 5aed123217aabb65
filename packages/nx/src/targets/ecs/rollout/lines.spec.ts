import type { RolloutEvent } from '@kdcube/release/internal';
import { createLog, silentLog } from '../../../system/log';
import { logRollout } from './lines';

const HOSTILE = '\u001b]0;owned\u0007\u009b2Jfailed\rdone\u202e';

/** Events with text that AWS, a container or a release record has written. */
const EVENTS = [
  { event: 'service-event', service: 'proc', message: HOSTILE },
  { event: 'task-stopped', service: 'proc', task: 't', reason: HOSTILE, lines: [HOSTILE] },
  { event: 'waiting', service: 'proc', text: HOSTILE },
  { event: 'failed', service: 'proc', code: 'rollout-failed', reason: HOSTILE },
  { event: 'note', text: HOSTILE },
  { event: 'wave', name: HOSTILE, services: [HOSTILE] },
] as unknown as RolloutEvent[];

test.each(EVENTS)('$event prints no control characters', (event) => {
  for (const json of [false, true]) {
    let output = '';
    logRollout(createLog({ json, write: (_, line) => (output += line) }), () => 0)(event);
    expect(output).toContain('owned');
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

/** The lines of these events, without the prefix of progress. */
function linesOf(...events: RolloutEvent[]): string[] {
  const lines: string[] = [];
  const log = {
    ...silentLog,
    done: (verb: string, subject: string, what = '') => void lines.push(`${verb} ${subject} ${what}`),
    lines: (block: readonly string[]) => void lines.push(...block.map((line) => line.trim().replace(/^\W+\s*/, ''))),
  };
  for (const event of events) logRollout(log, () => 0)(event);
  return lines;
}

const stopped = (count: number, lines: string[]): RolloutEvent => {
  return { event: 'task-stopped', service: 'proc', task: '0123', reason: 'It ended with exit code 3.', lines, count };
};

it('a crash that is repeated: its log with the first task, then the number of tasks', () => {
  expect(linesOf(stopped(1, ['KeyError: boom']), stopped(2, []), stopped(4, []))).toEqual([
    'proc: a task stopped. It ended with exit code 3.',
    'KeyError: boom',
    'proc: 2 tasks stopped so far. It ended with exit code 3.',
    'proc: 4 tasks stopped so far. It ended with exit code 3.',
  ]);
});

it('a completed service: what its tasks prove; one that is scaled to 0 does not run', () => {
  const completed = { event: 'completed', service: 'ui', taskDefinition: 'acme-ui:2', milliseconds: 65_000 } as const;
  expect(
    linesOf({ ...completed, digests: 'verified' }, { ...completed, digests: 'unknown' }, { ...completed, digests: 'no-tasks' }),
  ).toEqual([
    'runs ui acme-ui:2  1 min 5 s',
    'runs ui acme-ui:2, and no task reports the digest of its image  1 min 5 s',
    'updated ui acme-ui:2, scaled to 0: no task runs  1 min 5 s',
  ]);
});
