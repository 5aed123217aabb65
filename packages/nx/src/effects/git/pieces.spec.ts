import { piecesOf } from './pieces';

async function* chunks(...parts: string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function all(source: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of source) text += chunk.toString();
  return text;
}

describe('piecesOf', () => {
  it.each([[['one\nABCtwo\n\n']], [['o', 'ne', '\nA', 'B', 'Ctw', 'o\n', '\n']], [[...'one\nABCtwo\n\n']]])(
    'reads lines and counted bytes however they come: %j',
    async (parts) => {
      const pieces = piecesOf(chunks(...parts));
      expect([
        await pieces.line(),
        await all(pieces.bytes(3)),
        await pieces.line(),
        await all(pieces.bytes(0)),
        await pieces.line(),
      ]).toEqual(['one', 'ABC', 'two', '', '']);
    },
  );

  it('says when the stream ends too early', async () => {
    await expect(piecesOf(chunks('abc')).line()).rejects.toMatchObject({ problems: [{ code: 'command-failed' }] });
    await expect(all(piecesOf(chunks('abc')).bytes(4))).rejects.toMatchObject({ problems: [{ code: 'command-failed' }] });
  });

  it('closes its source', async () => {
    let isClosed = false;
    const source = (async function* () {
      try {
        yield Buffer.from('a\nb');
        yield Buffer.from('c');
      } finally {
        isClosed = true;
      }
    })();
    const pieces = piecesOf(source);
    await pieces.line();
    await pieces.close();
    expect(isClosed).toBe(true);
  });
});
