#!/usr/bin/env node
import { KdcubeError, printable } from '@kdcube/release/internal';
import { HELP, readArguments } from './args';
import { openTerminal } from './ask';
import { create, ownVersion } from './create';
import { withChanges } from './problem';

async function main(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv);
  if (given === 'help') return void process.stdout.write(HELP);
  if (given === 'version') return void process.stdout.write(`${ownVersion()}\n`);
  const isInteractive = Boolean(process.stdin.isTTY && process.stdout.isTTY) && !given.yes;
  const terminal = isInteractive ? openTerminal(process.stdin, process.stdout) : undefined;
  try {
    await create(given, { cwd: process.cwd(), print: (line) => console.log(printable(line)), terminal });
  } finally {
    terminal?.close();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A Problem prints no stack; anything else is a bug, and its stack helps.
  console.error(error instanceof KdcubeError ? withChanges(error, error.changed).message : error);
  process.exitCode = 1;
});
