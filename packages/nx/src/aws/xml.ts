import { LIMITS } from '@kdcube/release/internal';
/** An element of a response: its text, or its children by name. A name that occurs more than once holds all of them. */
export type XmlElement = string | { readonly [name: string]: XmlElement | readonly XmlElement[] };

const MAX_DEPTH = LIMITS.awsXmlDepth.max;
/** The parser skips a DTD and drops entities that it does not know. AWS sends neither. */
const UNSAFE = /<!(?:DOCTYPE|ENTITY)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,5}|#x[\da-f]{1,4});)/i;

/** Parses a response with the parser of the AWS SDK. Undefined for malformed or hostile XML. */
export async function parseXml(text: string): Promise<XmlElement | undefined> {
  if (UNSAFE.test(text) || isTooDeep(text)) return undefined;
  const { parseXML } = await import('@aws-sdk/xml-builder');
  try {
    return parseXML(text) as XmlElement;
  } catch {
    return undefined;
  }
}

/** The parser is recursive, and has no limit of its own. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [, closing, selfClosing] of text.matchAll(/<(\/?)(?![!?])[^<>]*?(\/?)>/g)) {
    if (closing) depth -= 1;
    else if (!selfClosing) depth += 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** The first descendant along a path of names. */
export function findElement(parent: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((element, name) => childrenOf(element, name)[0], parent);
}

/** The text of a descendant. Undefined if it does not exist or has children. */
export function findText(parent: XmlElement | undefined, ...path: string[]): string | undefined {
  const element = findElement(parent, ...path);
  return typeof element === 'string' ? element.trim() : undefined;
}

/** The items of a list: `<subnetSet><item>…</item></subnetSet>`. */
export function listItems(parent: XmlElement | undefined, list: string, item = 'item'): readonly XmlElement[] {
  return childrenOf(findElement(parent, list), item);
}

/** Whether an element is a list: it is empty, or has nothing but items. */
export function isList(element: XmlElement | undefined, item: string): boolean {
  if (typeof element === 'string') return element.trim() === '';
  return element !== undefined && Object.keys(element).every((name) => name === item);
}

function childrenOf(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (parent === undefined || typeof parent === 'string' || !Object.hasOwn(parent, name)) return [];
  const children = parent[name]!;
  return Array.isArray(children) ? children : [children as XmlElement];
}
