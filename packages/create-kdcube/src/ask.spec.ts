import { PassThrough } from 'node:stream';
import { readArguments } from './args';
import type { Arguments } from './args';
import { openTerminal, settle } from './ask';

const given = (...argv: string[]) => readArguments(argv) as Arguments;

describe('settle', () => {
  it('asks nothing if all arguments are given', async () => {
    await expect(settle(given('acme', '--platform-ref', 'v1'), true)).resolves.toMatchObject({
      folder: 'acme',
      platformRef: 'v1',
    });
  });

  it('never waits in a non-interactive terminal', async () => {
    await expect(settle(given('acme'), false)).rejects.toMatchObject({
      code: 'wrong-option',
      hint: expect.stringContaining('acme -- --platform-ref'),
    });
    await expect(settle(given('--platform-ref', 'v1'), false)).rejects.toThrow(
      'Missing argument: folder (not running interactively).',
    );
    await expect(settle(given('acme', '--yes'), true)).rejects.toMatchObject({ code: 'wrong-option' });
  });
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
    await expect(third).rejects.toMatchObject({ code: 'interrupted' });
    expect(String(output.read())).toContain('One? ');
    terminal.close();
  });
});
