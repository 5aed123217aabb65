import type { RolloutEvent } from '@kdcube/release/internal';
import { createLog } from '../../../system/log';
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
