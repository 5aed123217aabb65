import type { RolloutEvent } from '@kdcube/release/internal';
import { silentLog } from '../../../system/log';
import { areSignalsDeferred } from '../../../system/programs/signals';
import { onInterrupt, trackInFlight } from './interrupt';

type Handler = (signal: NodeJS.Signals) => void;

it('one Ctrl-C counts once, however often its signal arrives; a later one exits', async () => {
  const handlers: Handler[] = [];
  jest.spyOn(process, 'on').mockImplementation((_, handler) => (handlers.push(handler as unknown as Handler), process));
  const exits: number[] = [];
  jest.spyOn(process, 'exit').mockImplementation((code) => exits.push(code as number) as never);
  try {
    let now = 1000;
    const notes: string[] = [];
    const stop = onInterrupt(
      { ...silentLog, note: (text) => notes.push(text) },
      () => 'ui continues',
      () => now,
    );
    const [handle] = handlers as [Handler];
    expect(stop.isRequested()).toBe(false);
    handle('SIGINT');
    await stop.requested;
    now += 200;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) handle(signal);
    expect([stop.isRequested(), notes, exits]).toEqual([true, ['ui continues'], []]);
    now += 5000;
    // The terminal was closed: the lock and the record are still written.
    handle('SIGHUP');
    expect(exits).toEqual([]);
    handle('SIGINT');
    expect(exits).toEqual([130]);
    expect(areSignalsDeferred()).toBe(true);
    stop.dispose();
    expect(areSignalsDeferred()).toBe(false);
  } finally {
    jest.restoreAllMocks();
  }
});

it('describes what ECS is working on', () => {
  const inFlight = trackInFlight();
  expect(inFlight.describe()).toBe('Nothing is in progress.');
  const update = (service: string): RolloutEvent => ({
    event: 'update',
    service,
    taskDefinition: `arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-${service}:2`,
    from: 'x:1',
    deployment: 'ecs-svc/1',
    resumed: false,
  });
  inFlight.update(update('ui'));
  inFlight.update(update('proc'));
  inFlight.update({ event: 'failed', service: 'ui', code: 'no-capacity', reason: '' });
  expect(inFlight.describe()).toBe('ECS continues on its own: proc is being updated to acme-proc:2.');
});
