import type { RolloutEvent } from '@kdcube/release/internal';
import { silent } from '../../../system/log';
import { areSignalsTaken } from '../../../system/signals';
import { onInterrupt, underWay } from './interrupt';

type Hear = (signal: NodeJS.Signals) => void;

it('one Ctrl-C is one wish, however often it arrives; a later one leaves', async () => {
  const heard: Hear[] = [];
  jest.spyOn(process, 'on').mockImplementation((_, hear) => (heard.push(hear as unknown as Hear), process));
  const left: number[] = [];
  jest.spyOn(process, 'exit').mockImplementation((code) => left.push(code as number) as never);
  try {
    let now = 1000;
    const said: string[] = [];
    const stop = onInterrupt(
      { ...silent, note: (text) => said.push(text) },
      () => 'ui goes on',
      () => now,
    );
    const [hear] = heard as [Hear];
    expect(stop.requested()).toBe(false);
    hear('SIGINT');
    await stop.asked;
    now += 200;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) hear(signal);
    expect([stop.requested(), said, left]).toEqual([true, ['ui goes on'], []]);
    now += 5000;
    // The terminal was closed: what is to be written is still written.
    hear('SIGHUP');
    expect(left).toEqual([]);
    hear('SIGINT');
    expect(left).toEqual([130]);
    expect(areSignalsTaken()).toBe(true);
    stop.forget();
    expect(areSignalsTaken()).toBe(false);
  } finally {
    jest.restoreAllMocks();
  }
});

it('says what ECS has under way', () => {
  const flight = underWay();
  expect(flight.words()).toBe('Nothing is under way.');
  const update = (service: string): RolloutEvent => ({
    event: 'update',
    service,
    taskDefinition: `arn:aws:ecs:eu-central-1:123456789012:task-definition/acme-${service}:2`,
    from: 'x:1',
    deployment: 'ecs-svc/1',
    joined: false,
  });
  flight.hear(update('ui'));
  flight.hear(update('proc'));
  flight.hear({ event: 'failed', service: 'ui', code: 'no-capacity', reason: '' });
  expect(flight.words()).toBe('ECS goes on by itself: proc goes to acme-proc:2.');
});
