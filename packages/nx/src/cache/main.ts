#!/usr/bin/env node
import { KdcubeError } from '@kdcube/release/internal';
import { HELP, readArguments } from './args';
import { runWithCache } from './run-with-cache';

async function main(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv);
  if (given === 'help') return void process.stdout.write(HELP);
  process.exitCode = await runWithCache({ ...given, env: process.env, note: (line) => console.error(line) });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A Problem prints no stack; anything else is a bug, and its stack helps.
  console.error(error instanceof KdcubeError ? error.message : error);
  process.exitCode = 1;
});
