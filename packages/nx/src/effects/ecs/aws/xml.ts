/** An element of an answer that AWS gives as XML. */
export interface Element {
  name: string;
  text: string;
  children: Element[];
}

const TOKEN = /<(\/?)([A-Za-z_][\w.:-]*)([^<>]*)>|<[?!][^<>]*>|([^<]+)/gy;
const DEEPEST = 50;

/** Reads what AWS answers: elements and text, no attributes. Anything else is a SyntaxError. */
export function readXml(text: string): Element {
  const root: Element = { name: '', text: '', children: [] };
  const open: Element[] = [root];
  let end = 0;
  for (const token of text.matchAll(TOKEN)) {
    const [whole, closing, name, rest, words] = token;
    end = token.index + whole.length;
    const last = open.at(-1)!;
    if (words !== undefined) last.text += plain(words);
    else if (name === undefined) continue;
    else if (closing === '/') {
      if (last.name !== name) throw unreadable();
      open.pop();
    } else {
      const element: Element = { name, text: '', children: [] };
      last.children.push(element);
      if (rest!.endsWith('/')) continue;
      if (open.length > DEEPEST) throw unreadable();
      open.push(element);
    }
  }
  if (open.length > 1 || end !== text.length || root.children.length === 0) throw unreadable();
  return root;
}

/** The elements of a list: `<subnetSet><item>…</item></subnetSet>`. */
export function listOf(parent: Element | undefined, name: string, item = 'item'): Element[] {
  return childOf(parent, name)?.children.filter((child) => child.name === item) ?? [];
}

export function childOf(parent: Element | undefined, name: string): Element | undefined {
  return parent?.children.find((child) => child.name === name);
}

export function textOf(parent: Element | undefined, name: string): string | undefined {
  return childOf(parent, name)?.text.trim();
}

function unreadable(): SyntaxError {
  return new SyntaxError('This XML is not as AWS writes it.');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function plain(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp|#\d{1,6});/g, (_, name: string) =>
    name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : ENTITIES[name]!,
  );
}
