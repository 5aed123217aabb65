/**
 * Whether a value looks drawn at random, as keys and tokens are: one long word of one alphabet with nearly as many bits to a character as chance gives.
 * Words, ids, paths, ARNs, digests (which say `sha256:`) and JSON are none: their parts are looked at one by one.
 */
export function looksRandom(text: string): boolean {
  // An AWS secret key has slashes, at which the words below end.
  const key = /(?<![\w/+=-])[A-Za-z0-9/+]{40}(?![\w/+=-])/.exec(text)?.[0];
  if (key && /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && entropy(key) > 4.3) return true;
  return text.split(/[\s"'`,;:=/\\@?&#(){}[\]<>|]+/).some((word, index, parts) => isRandomWord(word, parts[index - 1]));
}

function isRandomWord(word: string, before: string | undefined): boolean {
  if (before === 'sha256' || word.length < 20 || word.length > 500) return false;
  if (!/^[\w.+~-]+$/.test(word)) return false;
  // Words joined by dashes, dots and underscores are names; a UUID and a commit are ids.
  if (word.split(/[-_.~+]/).every((part) => part.length < 16)) return false;
  // An id of AWS: subnet-…, sg-…, fsap-….
  if (/^[a-z]+-[0-9a-f]{8,17}$/.test(word)) return false;
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(word)) return false;
  const hex = /^[0-9a-f]+$/i.test(word);
  if (hex) return word.length >= 32 && word.length !== 40 && entropy(word.toLowerCase()) > 3.2;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(word)).length;
  return kinds >= 2 && /\d/.test(word) && entropy(word) > 3.7;
}

/** Shannon's, in bits a character. */
export function entropy(text: string): number {
  const seen = new Map<string, number>();
  for (const char of text) seen.set(char, (seen.get(char) ?? 0) + 1);
  let bits = 0;
  for (const times of seen.values()) bits -= (times / text.length) * Math.log2(times / text.length);
  return bits;
}
