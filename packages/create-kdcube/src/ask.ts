import { createInterface } from 'node:readline';
import { checkPlatformRef } from './args';
import type { Arguments } from './args';
import type { Settled } from './create';
import { CreateError } from './problem';

/** Asks for missing arguments in an interactive terminal; otherwise a missing argument is a Problem. */
export async function settle(given: Arguments, interactive: boolean): Promise<Settled> {
  const { folder, platformRef } = given;
  if (folder !== undefined && platformRef !== undefined) return { ...given, folder, platformRef };
  if (!interactive || given.yes) {
    const what = folder === undefined ? 'folder' : '--platform-ref (the platform version of the release)';
    throw new CreateError(
      'wrong-option',
      `Missing argument: ${what} (not running interactively).`,
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

/** Asks until there is an answer. Lines that arrive before their question (a paste) are queued; a closed terminal is a Problem. */
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
        if (closed) throw new CreateError('interrupted', 'The terminal was closed before all questions were answered.');
        reader.prompt();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => reader.close(),
  };
}
