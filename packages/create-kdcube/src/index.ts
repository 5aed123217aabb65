#!/usr/bin/env node
import { HELP, readArguments } from './args';
import { settle } from './ask';
import { create, ownVersion } from './create';
import { CreateError } from './problem';

async function main(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv);
  if (given === 'help') return void process.stdout.write(HELP);
  if (given === 'version') return void process.stdout.write(`${ownVersion()}\n`);
  const interactive = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  await create(await settle(given, interactive), process.cwd(), (line) => console.log(line));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A Problem prints no stack; anything else is a bug, and its stack helps.
  console.error(error instanceof CreateError ? error.format() : error);
  process.exitCode = 1;
});
