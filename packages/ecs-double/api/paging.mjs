// nextToken: opaque to the client, here the place to go on from.
// "This token should be treated as an opaque identifier": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html
import { fail } from '../protocol/aws-error.mjs';

/**
 * One page of `items`: { page, nextToken? }.
 * @template T
 * @param {T[]} items
 * @param {{ nextToken?: string, maxResults?: number }} options
 * @param {{ byDefault: number, most?: number }} options
 */
export function page(items, { nextToken, maxResults }, { byDefault, most = 100 }) {
  if (maxResults !== undefined && (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > most))
    throw fail('InvalidParameterException', `maxResults must be between 1 and ${most}.`);
  const from = nextToken === undefined ? 0 : place(nextToken);
  const to = from + (maxResults ?? byDefault);
  const part = items.slice(from, to);
  return { page: part, ...(to < items.length ? { nextToken: Buffer.from(`page:${to}`).toString('base64url') } : {}) };
}

/** @param {string} token */
function place(token) {
  const match = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw fail('InvalidParameterException', 'Invalid token in the request.');
  return Number(match[1]);
}
