import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';

/** A longer line is passed on in parts, so that a program that never ends its line does not fill the memory. Characters. */
const MAX_LINE = 1024 * 1024;

/** Calls `onLine` with each line that is not empty. A carriage return ends a line too, for progress bars. */
export function followLines(output: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  output.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split(/[\r\n]+/);
    rest = parts.pop() ?? '';
    for (const part of parts) if (part) onLine(part);
    if (rest.length <= MAX_LINE) return;
    onLine(rest);
    rest = '';
  });
  output.on('end', () => {
    rest += decoder.end();
    if (rest) onLine(rest);
  });
}
