import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Compares with a committed golden text. With KD_UPDATE=1 it is written instead; without, a golden that is not there is a failure. */
export function expectGolden(file: string, actual: string): void {
  if (process.env.KD_UPDATE === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  if (!existsSync(file))
    throw new Error(`${file} is not there: look at the text, then run the spec once with KD_UPDATE=1\n\n${actual}`);
  expect(actual).toBe(readFileSync(file, 'utf8'));
}
