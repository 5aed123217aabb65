import * as z from 'zod';
import type { DocumentPath } from './document';
import { isMapping } from './layers';

/** The schema of `not_secret`: names, or a mapping that says of each why it is no secret. */
export const NotSecret = z.union([z.array(z.string().min(1)), z.record(z.string(), z.string().min(1))]);

/** One entry of `not_secret`, with its place. */
export interface NotSecretEntry {
  name: string;
  reason?: string;
  path: DocumentPath;
}

/** The entries of `not_secret`, as far as their types are right. */
export function notSecretEntries(written: unknown): NotSecretEntry[] {
  const texts = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (Array.isArray(written))
    return written.flatMap((name: unknown, index) => (texts(name) ? [{ name, path: ['not_secret', index] }] : []));
  if (!isMapping(written)) return [];
  return Object.entries(written).map(([name, reason]) => ({
    name,
    ...(texts(reason) && { reason }),
    path: ['not_secret', name],
  }));
}

/** Whether an entry is about a file of a bundle, and not about a setting. */
export function isFileEntry({ name }: NotSecretEntry): boolean {
  return name.includes('/');
}
