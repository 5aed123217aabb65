import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Sandbox, sandbox } from '../../testing/git-kit';
import { runAndSignal } from '../../testing/run-and-signal';
import { removeSync, withExitHandler } from './undo';

jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

describe('withExitHandler', () => {
  const program = (then: string) =>
    `undo.withExitHandler(() => fs.writeFileSync(${JSON.stringify(path.join(box.dir, 'undone'))}, ''), ${then})`;
  const undone = () => fs.existsSync(path.join(box.dir, 'undone'));

  it('undoes when a signal ends the process in the middle', async () => {
    expect(await runAndSignal(`${program('forever')};`)).toBe(130);
    expect(undone()).toBe(true);
  });

  it('undoes nothing once the work has ended, well or not', async () => {
    await runAndSignal(`${program('async () => {}')}.then(forever);`);
    await runAndSignal(`${program("async () => { throw new Error('no'); }")}.catch(forever);`);
    expect(undone()).toBe(false);
    expect(
      await withExitHandler(
        () => fail(),
        async () => 7,
      ),
    ).toBe(7);
  });
});

describe('removeSync', () => {
  it('removes a folder into which Node’s threads still put files', async () => {
    const place = path.join(box.dir, 'filling');
    fs.mkdirSync(path.join(place, 'deep'), { recursive: true });
    const names = Array.from({ length: 500 }, (_, index) => path.join(place, 'deep', String(index)));
    const writing = Promise.allSettled(names.map((name) => fs.promises.writeFile(name, '')));
    removeSync(place);
    expect(fs.existsSync(place)).toBe(false);
    await writing;
  });
});
