/** Whether `ADD` may unpack a file with these first bytes: a tar or a compressed file. */
export function isArchive(head: Buffer): boolean {
  const magics = ['1f8b', '425a68', 'fd377a585a00', '28b52ffd'];
  return magics.some((magic) => head.subarray(0, magic.length / 2).toString('hex') === magic) || isTarHeader(head);
}

function isTarHeader(head: Buffer): boolean {
  if (head.length < 512) return false;
  const stored = parseInt(
    head
      .toString('latin1', 148, 156)
      .replace(/[^0-7]/g, ' ')
      .trim(),
    8,
  );
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return stored === sum;
}
