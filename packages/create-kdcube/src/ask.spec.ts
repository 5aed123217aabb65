import { PassThrough } from 'node:stream';
import { openTerminal, settleFolder, settlePlatformRef } from './ask';

it('asks nothing that is given, and never waits without a terminal', async () => {
  await expect(settleFolder('acme', undefined)).resolves.toBe('acme');
  await expect(settleFolder(undefined, undefined)).rejects.toThrow('Missing argument: folder (not running interactively).');
  await expect(settlePlatformRef(undefined, 'acme', undefined)).rejects.toThrow(/acme -- --platform-ref/);
});

describe('openTerminal', () => {
  it('takes answers typed and pasted, asks again after an empty one, and gives up when the terminal is closed', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const terminal = openTerminal(input, output);
    const first = terminal.ask('One?');
    input.write('\n  a \nb\n');
    await expect(first).resolves.toBe('a');
    await expect(terminal.ask('Two?')).resolves.toBe('b');
    const third = terminal.ask('Three?');
    input.end();
    await expect(third).rejects.toThrow('[interrupted]');
    expect(String(output.read())).toContain('One? ');
    terminal.close();
  });

  it('takes an empty answer for the default, and only y for yes', async () => {
    const input = new PassThrough();
    const terminal = openTerminal(input, new PassThrough());
    input.write('\n\n\nno\nYES\n2026.70\n');
    await expect(settlePlatformRef(terminal, 'acme', '2026.8.1')).resolves.toBe('2026.8.1');
    const confirmed = [];
    for (const fallback of [true, false, true, false]) confirmed.push(await terminal.confirm('Go on?', fallback));
    expect(confirmed).toEqual([true, false, false, true]);
    await expect(settlePlatformRef(terminal, 'acme', '2026.8.1')).rejects.toThrow('looks like a number');
    terminal.close();
  });
});
