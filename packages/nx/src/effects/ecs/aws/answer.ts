import { KdcubeError } from '@kdcube/release';

/** What came instead of the answer that Amazon documents: a proxy's page, half of it, another shape. Nothing may be concluded from it, least of all that something is not there. */
export function unreadable(what: string, cause?: unknown): KdcubeError {
  return new KdcubeError(
    {
      code: 'aws-answer',
      message: `What came as AWS's answer to ${what} is not what Amazon documents.`,
      hint: 'env | grep -i proxy    shows whether something stands between here and AWS',
    },
    { cause },
  );
}

type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list that the answer must have: without it, "none" would be a guess. */
export function listIn<T extends object>(answer: object | undefined, name: string, what: string): T[] {
  const list: unknown = (answer as Json | undefined)?.[name];
  if (Array.isArray(list) && list.every(isRecord)) return list as unknown as T[];
  throw unreadable(what);
}

export function wordsIn(answer: object | undefined, name: string, what: string): string[] {
  const list: unknown = (answer as Json | undefined)?.[name];
  if (Array.isArray(list) && list.every((word) => typeof word === 'string')) return list;
  throw unreadable(what);
}

/** More than any cluster has: ECS takes 5,000 services, and lists a hundred at once. */
const MOST_PAGES = 100;

/** Every page of a list, of one that ends. */
export async function allPages<T>(
  what: string,
  ask: (nextToken: string | undefined) => Promise<{ items: T[]; nextToken?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await ask(nextToken);
    all.push(...found.items);
    if (!found.nextToken) return all;
    nextToken = found.nextToken;
  }
  throw unreadable(what, new Error(`${MOST_PAGES} pages, and no end`));
}
