import * as path from 'node:path';
import { expectGolden } from '../../../../../../tools/testing/golden';
import { planOf, startDouble, type EcsDouble } from '../../testing/rollouts/kit';
import { deploy } from '../../testing/rollouts/run';
import { silent } from '../../log';
import { frame, learn, newBoard, openBoard } from './board';

let double: EcsDouble;
afterEach(() => double.close());

it('every frame of a deploy whose last wave fails', async () => {
  double = await startDouble({
    rules: [{ match: { service: 'acme-ui', taskDefinition: 'acme-ui:2' }, do: { exit: { code: 3, after: 2 } } }],
  });
  const plan = planOf({ changes: ['ingress', 'ui'] });
  const ended = await deploy(double, plan);
  const state = newBoard(0);
  const frames: string[] = [];
  for (const event of ended.events) {
    learn(state, event);
    const now = frame(plan, state, 0, 100).join('\n');
    if (event.event !== 'seen' && frames.at(-1) !== now) frames.push(now);
  }
  const all = frames
    .join('\n\n')
    .replace(/ecs-svc\/\d+/g, 'ecs-svc/1')
    .replace(/\(task [0-9a-f]+\)?/g, '(task 1)');
  expect(Math.max(...all.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
  expectGolden(path.join(__dirname, '../../../../fixtures/rollouts/board.txt'), `${all}\n`);
});

it('moves the cursor only on a terminal', async () => {
  double = await startDouble();
  const written: string[] = [];
  const stream = (isTTY: boolean) =>
    ({ isTTY, columns: 80, rows: 24, write: (text: string) => written.push(text) > 0 }) as unknown as NodeJS.WriteStream;
  const { CI, NX_TUI, TERM } = process.env;
  delete process.env.CI;
  delete process.env.NX_TUI;
  process.env.TERM = 'xterm';
  try {
    const plan = planOf({ changes: ['ui'] });
    const plain = openBoard(plan, false, () => 0, stream(false));
    plain.hear({ event: 'wave', name: 'ui', services: ['ui'] });
    expect([written, plain.log(silent)]).toEqual([[], silent]);
    const live = openBoard(plan, false, () => 0, stream(true));
    live.hear({ event: 'wave', name: 'ui', services: ['ui'] });
    live.hear({ event: 'note', text: 'x' });
    expect(written).toHaveLength(3);
    expect(written[1]).toBe('\u001b[3A\u001b[J');
  } finally {
    for (const [name, value] of Object.entries({ CI, NX_TUI, TERM })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
