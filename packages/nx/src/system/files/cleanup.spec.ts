import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Sandbox, sandbox } from '../../../testing/git-kit';
import { runAndSignal } from '../../../testing/run-and-signal';
import { removeSync, withExitHandler } from './cleanup';

jest.setTimeout(120_000);

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
});
afterEach(() => box.end());

describe('withExitHandler', () => {
  const program = (then: string) =>
    `cleanup.withExitHandler(() => fs.writeFileSync(${JSON.stringify(path.join(box.dir, 'cleaned-up'))}, ''), ${then})`;
  const isCleanedUp = () => fs.existsSync(path.join(box.dir, 'cleaned-up'));

  it('calls the handler if a signal ends the process', async () => {
    expect(await runAndSignal(`${program('forever')};`)).toBe(130);
    expect(isCleanedUp()).toBe(true);
  });

  it('calls the latest handler first', async () => {
    const place = path.join(box.dir, 'order');
    const append = (name: string) => `() => fs.appendFileSync(${JSON.stringify(place)}, '${name} ')`;
    const inner = `() => cleanup.withExitHandler(${append('inner')}, forever)`;
    await runAndSignal(`cleanup.withExitHandler(${append('outer')}, ${inner});`);
    expect(fs.readFileSync(place, 'utf8')).toBe('inner outer ');
  });

  it('does not call the handler once the work has succeeded or failed', async () => {
    await runAndSignal(`${program('async () => {}')}.then(forever);`);
    await runAndSignal(`${program("async () => { throw new Error('no'); }")}.catch(forever);`);
    expect(isCleanedUp()).toBe(false);
    expect(
      await withExitHandler(
        () => fail(),
        async () => 7,
      ),
    ).toBe(7);
  });
});

describe('removeSync', () => {
  it('removes a folder while asynchronous writes still add files', async () => {
    const place = path.join(box.dir, 'filling');
    fs.mkdirSync(path.join(place, 'deep'), { recursive: true });
    const names = Array.from({ length: 500 }, (_, index) => path.join(place, 'deep', String(index)));
    const writing = Promise.allSettled(names.map((name) => fs.promises.writeFile(name, '')));
    removeSync(place);
    expect(fs.existsSync(place)).toBe(false);
    await writing;
  });
});
