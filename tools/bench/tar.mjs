// Tars, as far as the bench writes and reads them. On purpose not the project's own code: this is what judges it.

const BLOCK = 512;
export const tarEnd = Buffer.alloc(2 * BLOCK);

/** What stands before and after the bytes of a file. */
export function tarFile(name, size) {
  const header = Buffer.alloc(BLOCK);
  const octal = (value, at, width) => header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  header.write(name, 0, 'utf8');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(315532800, 136, 12);
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return { header, padding: Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK) };
}

/** A tar of files: [name, bytes]. */
export function tarOf(files) {
  const parts = files.flatMap(([name, bytes]) => {
    const { header, padding } = tarFile(name, bytes.length);
    return [header, bytes, padding];
  });
  return Buffer.concat([...parts, tarEnd]);
}

/** The regular files of a tar in memory, by their paths without ./ before them, and the names that delete something. */
export function readTar(tar) {
  const files = new Map();
  const gone = [];
  let longName;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const text = (from, length) => header.toString('utf8', from, from + length).split('\0')[0];
    const size = parseInt(text(124, 12).trim() || '0', 8);
    const body = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = text(156, 1);
    if (type === 'x') longName = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(body.toString('utf8'))?.[1];
    if (type === 'L') longName = body.toString('utf8').replace(/\0.*$/s, '');
    if ('xLgK'.includes(type) && type !== '') continue;
    const prefix = text(257, 5) === 'ustar' && text(257, 8) !== 'ustar  ' ? text(345, 155) : '';
    const name = (longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100))).replace(/^\.?\//, '');
    longName = undefined;
    if (/(?:^|\/)\.wh\./.test(name)) gone.push(name.replace(/\.wh\./, ''));
    else if (type === '0' || type === '') files.set(name, body);
  }
  return { files, gone };
}
