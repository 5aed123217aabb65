import { createInterface } from 'node:readline/promises';

/** Asks in an interactive terminal; undefined without one. For questions that only some workspaces raise: Nx itself asks those of schema.json every time. */
export async function ask(question: string): Promise<string | undefined> {
  const interactive = process.stdin.isTTY && process.stdout.isTTY && process.env.NX_INTERACTIVE !== 'false' && !process.env.CI;
  if (!interactive || process.argv.includes('--no-interactive')) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(`${question} `)).trim() || undefined;
  } finally {
    terminal.close();
  }
}
