import { createInterface } from 'node:readline/promises';
import type { Arguments } from './args';
import type { Settled } from './create';
import { CreateError } from './problem';

/** Fills in what is missing by asking, where somebody is there to answer; else says what to type. */
export async function settle(given: Arguments, interactive: boolean): Promise<Settled> {
  if (given.folder !== undefined && given.platformRef !== undefined)
    return { ...given, folder: given.folder, platformRef: given.platformRef };
  if (!interactive || given.yes) {
    const what =
      given.folder === undefined ? 'the folder to make' : '--platform-ref, the version of the platform that the release is for';
    throw new CreateError(
      'wrong-option',
      `It needs ${what}, and has nobody to ask.`,
      `npm create kdcube@latest ${given.folder ?? 'acme'} -- --platform-ref 2026.7.20.444`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new Promise<never>((_, reject) =>
    terminal.once('close', () => reject(new CreateError('interrupted', 'The questions were not answered.'))),
  );
  closed.catch(() => undefined);
  const ask = (question: string) => Promise.race([terminal.question(`${question} `), closed]);
  try {
    return {
      ...given,
      folder: given.folder ?? (await answered(ask, 'Which folder?')),
      platformRef: given.platformRef ?? (await answered(ask, 'Which platform version (platform.ref)?')),
    };
  } finally {
    terminal.close();
  }
}

async function answered(ask: (question: string) => Promise<string>, question: string): Promise<string> {
  for (;;) {
    const answer = (await ask(question)).trim();
    if (answer !== '') return answer;
  }
}
