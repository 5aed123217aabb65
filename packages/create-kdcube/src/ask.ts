import { createInterface } from 'node:readline';
import { checkPlatformRef } from './args';
import type { Arguments } from './args';
import type { Settled } from './create';
import { CreateError } from './problem';

/** Fills in what is missing by asking, where somebody is there to answer; else says what to type. */
export async function settle(given: Arguments, interactive: boolean): Promise<Settled> {
  const { folder, platformRef } = given;
  if (folder !== undefined && platformRef !== undefined) return { ...given, folder, platformRef };
  if (!interactive || given.yes) {
    const what =
      folder === undefined ? 'the folder to make' : '--platform-ref, the version of the platform that the release is for';
    throw new CreateError(
      'wrong-option',
      `It needs ${what}, and has nobody to ask.`,
      `npm create kdcube@latest ${folder ?? 'acme'} -- --platform-ref 2026.7.20.444`,
    );
  }
  const terminal = openTerminal(process.stdin, process.stdout);
  try {
    const answers = {
      ...given,
      folder: folder ?? (await terminal.ask('Which folder?')),
      platformRef: platformRef ?? (await terminal.ask('Which platform version (platform.ref)?')),
    };
    checkPlatformRef(answers.platformRef);
    return answers;
  } finally {
    terminal.close();
  }
}

/** Asks until there is an answer. Lines that came before their question (pasted ones) are kept for it; a closed terminal is a Problem. */
export function openTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
  const lines: string[] = [];
  let closed = false;
  let wake: () => void = () => undefined;
  const reader = createInterface({ input, output });
  reader.on('line', (line) => {
    if (line.trim() !== '') lines.push(line.trim());
    wake();
  });
  reader.on('close', () => {
    closed = true;
    wake();
  });
  return {
    async ask(question: string): Promise<string> {
      reader.setPrompt(`${question} `);
      for (;;) {
        const answer = lines.shift();
        if (answer !== undefined) return answer;
        if (closed) throw new CreateError('interrupted', 'The questions were not answered.');
        reader.prompt();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => reader.close(),
  };
}
