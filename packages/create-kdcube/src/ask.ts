import { createInterface } from 'node:readline';
import { checkPlatformRef } from './args';
import { problem } from './problem';

/** Asks a person. */
export interface Terminal {
  /** With `fallback`, an empty answer is that. */
  ask(question: string, fallback?: string): Promise<string>;
  confirm(question: string, fallback: boolean): Promise<boolean>;
  close(): void;
}

/** Asks for a missing argument in an interactive terminal; otherwise a missing argument is a Problem. */
export async function settleFolder(folder: string | undefined, terminal: Terminal | undefined): Promise<string> {
  return folder ?? (await terminal?.ask('Which folder?')) ?? missing('folder');
}

/** `newest`: the platform's newest version, if it is known. */
export async function settlePlatformRef(
  terminal: Terminal | undefined,
  folder: string,
  newest: string | undefined,
): Promise<string> {
  if (!terminal) return missing('--platform-ref (the platform version of the release)', folder);
  const question = `Which platform version (platform.ref)?${newest === undefined ? '' : ` [${newest}]`}`;
  const ref = await terminal.ask(question, newest);
  checkPlatformRef(ref);
  return ref;
}

function missing(what: string, folder = 'acme'): never {
  throw problem(
    'wrong-option',
    `Missing argument: ${what} (not running interactively).`,
    `npm create kdcube@latest ${folder} -- --platform-ref 2026.07.20.444`,
  );
}

/** Asks until there is an answer. Lines that arrive before their question (a paste) are queued; a closed terminal is a Problem. */
export function openTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Terminal {
  const lines: string[] = [];
  let closed = false;
  let wake: () => void = () => undefined;
  const reader = createInterface({ input, output });
  reader.on('line', (line) => {
    lines.push(line.trim());
    wake();
  });
  reader.on('close', () => {
    closed = true;
    wake();
  });

  async function ask(question: string, fallback?: string): Promise<string> {
    reader.setPrompt(`${question} `);
    for (;;) {
      const answer = lines.shift();
      if (answer) return answer;
      if (answer === '' && fallback !== undefined) return fallback;
      if (closed) throw problem('interrupted', 'The terminal was closed before all questions were answered.');
      if (lines.length > 0) continue;
      reader.prompt();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    ask,
    async confirm(question, fallback) {
      const answer = await ask(`${question} ${fallback ? '[Y/n]' : '[y/N]'}`, fallback ? 'y' : 'n');
      return /^y(?:es)?$/i.test(answer);
    },
    close: () => reader.close(),
  };
}
