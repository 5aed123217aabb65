import { EventEmitter } from 'node:events';
import * as path from 'node:path';
import type { RolloutEvent } from '@kdcube/release/internal';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { planOf, startDouble, type EcsDouble } from '../../../../../release/testing/rollouts/kit';
import { deploy } from '../../../../../release/testing/rollouts/run';
import { silentLog } from '../../../system/log';
import { openBoard } from './board';
import { paint } from './board-colors';
import { applyEvent, newBoardState, renderFrame } from './board-frame';

const started: EcsDouble[] = [];
afterEach(async () => {
  for (const double of started.splice(0)) await double.close();
});

it('every frame of a deploy whose last wave fails', async () => {
  const double = await startDouble({
    rules: [
      { match: { oneOff: true }, do: { exit: { code: 0, after: 5 } } },
      { match: { service: 'acme-ui', taskDefinition: 'acme-ui:2' }, do: { exit: { code: 3, after: 2 } } },
    ],
  });
  started.push(double);
  const plan = planOf({ setup: true, force: false });
  const state = newBoardState(double.clock.now());
  const frames: string[] = [];
  const onEvent = (event: RolloutEvent): void => {
    applyEvent(state, event);
    const now = renderFrame(plan, state, double.clock.now(), 100).join('\n');
    if (event.event !== 'polled' && frames.at(-1) !== now) frames.push(now);
  };
  await deploy(double, plan, {}, {}, { onEvent });
  const all = frames
    .join('\n\n')
    .replace(/ecs-svc\/\d+/g, 'ecs-svc/1')
    .replace(/\(task [0-9a-f]+\)?…?/g, '(task 1)');
  expect(Math.max(...all.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
  expectGolden(path.join(__dirname, '../../../../fixtures/rollouts/board.txt'), `${all}\n`);
});

it('a service that is resumed on its new revision is running, and is as before only in a rollback', () => {
  const [plan, state] = [planOf({ changes: ['proc', 'ui'] }), newBoardState(0)];
  const of = (service: string) => renderFrame(plan, state, 0, 100).find((line) => line.startsWith(service));
  const taskDefinition = plan.baseline['acme-proc']!.taskDefinition;
  applyEvent(state, {
    event: 'update',
    service: 'proc',
    from: 'acme-proc:1',
    taskDefinition,
    deployment: 'ecs-svc/1',
    resumed: true,
  });
  applyEvent(state, { event: 'completed', service: 'proc', taskDefinition, milliseconds: 0, digests: 'verified' });
  expect(of('proc')).toMatch(/^proc +acme-proc:1 +-\/1 +running/);
  applyEvent(state, { event: 'failed', service: 'ui', code: 'container-crashed', reason: 'boom' });
  expect(of('proc')).toMatch(/^proc +acme-proc:1 +-\/1 +as before/);
});

it('moves the cursor only on a terminal', async () => {
  const written: string[] = [];
  const stream = (isTTY: boolean) =>
    Object.assign(new EventEmitter(), {
      isTTY,
      columns: 80,
      rows: 24,
      write: (text: string) => written.push(text) > 0,
    }) as unknown as NodeJS.WriteStream;
  const { CI, NX_TUI, TERM, NO_COLOR } = process.env;
  delete process.env.CI;
  delete process.env.NX_TUI;
  delete process.env.NO_COLOR;
  process.env.TERM = 'xterm';
  try {
    const plan = planOf({ changes: ['ui'] });
    const plain = openBoard(plan, false, () => 0, stream(false));
    plain.update({ event: 'wave', name: 'ui', services: ['ui'] });
    expect([written, plain.logAbove(silentLog)]).toEqual([[], silentLog]);
    const terminal = stream(true);
    // Before the first response of AWS, the clock is that of the machine, which may be wrong.
    let time = 5_000_000;
    const live = openBoard(plan, false, () => time, terminal);
    time = 0;
    live.update({ event: 'wave', name: 'ui', services: ['ui'] });
    live.update({ event: 'note', text: 'x' });
    expect(written).toHaveLength(3);
    expect(written[0]).toBe(
      '\n\u001b[1mprod  2026-03-02  wave ui  0.0 s\u001b[0m\n\u001b[2mservice   revision             tasks            status        last event\u001b[0m\nui        acme-ui:1 → …        -/1              \u001b[2mwaiting\u001b[0m\n',
    );
    expect(written[1]).toBe('\u001b[4A\u001b[J');
    // Made narrower, a terminal breaks the lines.
    terminal.columns = 38;
    terminal.emit('resize');
    expect(written[3]).toBe('\u001b[6A\u001b[J');
    // A sentence stands above the board, and nothing is drawn any more once it is closed.
    const notes: string[] = [];
    live.logAbove({ ...silentLog, note: (text) => notes.push(`${written.length} ${text}`) }).note('stopping');
    expect(notes).toEqual(['6 stopping']);
    live.close();
    terminal.emit('resize');
    expect(written).toHaveLength(7);
    process.env.NO_COLOR = '1';
    expect(paint(['a'])).toEqual(['a']);
  } finally {
    for (const [name, value] of Object.entries({ CI, NX_TUI, TERM, NO_COLOR })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
