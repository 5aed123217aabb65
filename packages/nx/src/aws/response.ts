import { LIMITS, KdcubeError } from '@kdcube/release/internal';

/** A response that does not have its documented shape: a proxy's page, half a body, another type. Nothing may be concluded from it, least of all that something is missing. */
export function invalidResponse(action: string, cause?: unknown): KdcubeError {
  return new KdcubeError(
    {
      code: 'aws-error',
      message: `The response to ${action} is not a valid AWS response: a proxy may have answered instead.`,
      hint: 'env | grep -i proxy    shows whether a proxy is configured',
    },
    { cause },
  );
}

export type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of objects that the response must have: a missing list does not mean that there are none. */
export function requireList<T extends object>(response: object | undefined, name: string, action: string): T[] {
  const list: unknown = (response as Json | undefined)?.[name];
  if (Array.isArray(list) && list.every(isRecord)) return list as unknown as T[];
  throw invalidResponse(action);
}

export function requireStrings(response: object | undefined, name: string, action: string): string[] {
  const list: unknown = (response as Json | undefined)?.[name];
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw invalidResponse(action);
}

/** A cluster has at most 5,000 services, and ECS lists up to a hundred a page. */
const MAX_PAGES = LIMITS.awsPages.max;

/** The items of all pages. */
export async function listAllPages<T>(
  action: string,
  listPage: (nextToken: string | undefined) => Promise<{ items: T[]; nextToken?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, nextToken: next } = await listPage(nextToken);
    all.push(...items);
    if (!next) return all;
    nextToken = next;
  }
  throw invalidResponse(action, new Error(`more than ${MAX_PAGES} pages`));
}
