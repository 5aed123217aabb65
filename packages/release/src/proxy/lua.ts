/** The offset of the `}` that closes a Lua block which begins at `start`; undefined if there is none. Braces in strings and comments of Lua do not count. */
export function luaBlockEnd(text: string, start: number): number | undefined {
  let depth = 1;
  const token = /--\[(=*)\[|--|\[(=*)\[|["'{}]/g;
  token.lastIndex = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found, comment, long] = match;
    if (found === '{') depth += 1;
    else if (found === '}') {
      depth -= 1;
      if (depth === 0) return match.index;
    } else {
      const end = skip(text, token.lastIndex, found, comment ?? long);
      if (end === undefined) return undefined;
      token.lastIndex = end;
    }
  }
  return undefined;
}

/** The offset after a string or a comment. `level`: the `=` of a long bracket. */
function skip(text: string, from: number, opening: string, level: string | undefined): number | undefined {
  if (level !== undefined) return after(text, `]${level}]`, from);
  if (opening === '--') return after(text, '\n', from);
  for (let at = from; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === opening) return at + 1;
    if (text[at] === '\\') at += 1;
  }
  return undefined;
}

function after(text: string, closing: string, from: number): number | undefined {
  const at = text.indexOf(closing, from);
  return at === -1 ? undefined : at + closing.length;
}
